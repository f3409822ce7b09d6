//go:build !cgo

package pkcs11

import (
	"context"

	"github.com/chipid-toolkit/chipid/hsm"
)

// Available says whether this build can open tokens at all.
const Available = false

func unavailable(doing string) error {
	return &hsm.Fault{Doing: doing, Kind: hsm.ErrUnavailable, Detail: "this program was built without cgo; use a build with CGO_ENABLED=1 on the machine that has the token"}
}

// Open answers hsm.ErrUnavailable: this build has no cgo.
func Open(context.Context, Config) (hsm.Keyring, error) {
	return nil, unavailable("open token")
}

// InitToken answers hsm.ErrUnavailable: this build has no cgo.
func InitToken(context.Context, TokenSetup) (module string, err error) {
	return "", unavailable("initialize token")
}

func softHSMInUse() bool { return false }
