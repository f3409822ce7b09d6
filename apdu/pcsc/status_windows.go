package pcsc

import (
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// The binding's own call to SCardGetStatusChange does not keep the strings of
// the reader names alive while the library waits. So waiting goes through a
// context and a call of its own here.
var (
	winscard             = syscall.NewLazyDLL("winscard.dll")
	procEstablishContext = winscard.NewProc("SCardEstablishContext")
	procReleaseContext   = winscard.NewProc("SCardReleaseContext")
	procGetStatusChange  = winscard.NewProc("SCardGetStatusChangeW")
	procCancel           = winscard.NewProc("SCardCancel")
)

// scopeSystem is SCARD_SCOPE_SYSTEM.
const scopeSystem = 2

// windowsState is SCARD_READERSTATEW.
type windowsState struct {
	reader   *uint16
	userData uintptr
	current  uint32
	event    uint32
	atrLen   uint32
	atr      [36]byte
}

// statusWaiter is the context that waits. It is made at the first use.
type statusWaiter struct {
	mu      sync.Mutex
	context uintptr
	open    bool
}

func (w *statusWaiter) get() (uintptr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open {
		return w.context, nil
	}
	var context uintptr
	if err := winscardCall(procEstablishContext, scopeSystem, 0, 0, uintptr(unsafe.Pointer(&context))); err != nil {
		return 0, err
	}
	w.context, w.open = context, true
	return context, nil
}

func (w *statusWaiter) closeWaiter() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open {
		_ = winscardCall(procReleaseContext, w.context)
		w.open = false
	}
}

func (s *scardSession) status(states []readerState, timeout time.Duration) error {
	if len(states) == 0 {
		return nil
	}
	context, err := s.get()
	if err != nil {
		return err
	}
	sys := make([]windowsState, len(states))
	for i, st := range states {
		name, err := syscall.UTF16PtrFromString(st.reader)
		if err != nil {
			return codeUnknownReader
		}
		sys[i].reader, sys[i].current = name, uint32(st.current)
	}
	// sys holds the names and is itself held until the call is over.
	err = winscardCall(procGetStatusChange, context, uintptr(timeout.Milliseconds()), uintptr(unsafe.Pointer(&sys[0])), uintptr(len(sys)))
	runtime.KeepAlive(sys)
	if err != nil {
		return err
	}
	for i := range states {
		states[i].event = stateFlag(sys[i].event)
		n := min(int(sys[i].atrLen), len(sys[i].atr))
		states[i].atr = append([]byte(nil), sys[i].atr[:n]...)
	}
	return nil
}

func (s *scardSession) cancel() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return nil
	}
	return winscardCall(procCancel, s.context)
}

// winscardCall calls a function of the DLL; a library that is missing is a
// service that is not there.
//
//go:uintptrescapes
func winscardCall(proc *syscall.LazyProc, args ...uintptr) error {
	if err := proc.Find(); err != nil {
		return codeNoService
	}
	if r, _, _ := proc.Call(args...); r != 0 {
		return code(uint32(r))
	}
	return nil
}

func useSocket(string) error { return ErrUnsupported }
