//go:build unix

package signer

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks a file for this process, and waits for the one that has it; the system lets go when the process ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { //nolint:gosec // a descriptor is small
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// syncDir brings a renamed file's name to the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
