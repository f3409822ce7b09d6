//go:build !cgo && !windows

package pcsc

type noLibrary struct{}

func systemLibrary() library { return noLibrary{} }

func (noLibrary) establish() (session, error) { return nil, ErrUnsupported }

func useSocket(string) error { return ErrUnsupported }
