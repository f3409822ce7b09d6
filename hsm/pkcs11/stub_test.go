//go:build !cgo

package pkcs11

import (
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/hsm"
)

func TestWithoutCgoItSaysSo(t *testing.T) {
	_, err := Open(context.Background(), Config{})
	if !errors.Is(err, hsm.ErrUnavailable) || !errors.Is(err, hsm.Err) {
		t.Error(err)
	}
	if _, err = InitToken(context.Background(), TokenSetup{}); !errors.Is(err, hsm.ErrUnavailable) {
		t.Error(err)
	}
}
