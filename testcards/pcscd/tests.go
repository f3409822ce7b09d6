package pcscd

import (
	"context"
	"errors"
	"os"

	"github.com/chipid-toolkit/chipid/apdu/pcsc"
)

// TB is what [Test] needs of a testing.TB.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Test starts a daemon for a test, makes the process use it, and stops it at
// the test's end. Where the machine lacks a part the test is skipped, except
// with the environment variable CI=true, where it fails.
func Test(t TB, readers int) *Daemon {
	t.Helper()
	d, err := Start(context.Background(), Options{Readers: readers})
	if err == nil {
		t.Cleanup(func() { _ = d.Stop() })
		if err = d.Use(); err == nil {
			return d
		}
	}
	lacks := errors.Is(err, ErrUnavailable) || errors.Is(err, pcsc.ErrUnsupported)
	if lacks && os.Getenv("CI") != "true" {
		t.Skipf("needs a pcscd with virtual readers: %v", err)
	}
	t.Fatalf("needs a pcscd with virtual readers: %v", err)
	return nil
}
