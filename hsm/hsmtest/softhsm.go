package hsmtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
)

// TokenLabel and TokenPIN are those of the tokens that SoftHSM makes.
const (
	TokenLabel = "chipid test"
	TokenPIN   = "1357-Test"
)

// SoftHSM makes a SoftHSM2 token in a folder of the test's own and returns the module. Where the program is built without cgo or SoftHSM2 is
// not installed, the test ends by the rules of Require. SOFTHSM2_CONF is set for the process: such tests do not run in parallel.
func SoftHSM(t testing.TB) (module, dir string) {
	t.Helper()
	if !pkcs11.Available && os.Getenv("CGO_ENABLED") == "0" {
		t.Skip("this test needs a token, and the build was made without cgo on purpose")
	}
	Require(t, "cgo", "gcc", !pkcs11.Available)
	module, err := pkcs11.FindSoftHSM()
	Require(t, "libsofthsm2.so", "softhsm2", err != nil)
	dir = t.TempDir()
	t.Setenv("SOFTHSM2_CONF", "")
	module, err = pkcs11.InitToken(ctx, pkcs11.TokenSetup{
		Module: module, Dir: dir, Label: TokenLabel, SOPIN: mac.NewKey([]byte("2468-Test")), UserPIN: mac.NewKey([]byte(TokenPIN)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return module, dir
}

// SoftHSMPlace is a Place on a token that SoftHSM made.
func SoftHSMPlace(t *testing.T, kdf3 []KDF3) *Place {
	t.Helper()
	module, dir := SoftHSM(t)
	open := func(ctx context.Context, label string, pin hsm.PINSource) (hsm.Keyring, error) {
		return pkcs11.Open(ctx, pkcs11.Config{Module: module, Token: label, PIN: pin, Sessions: 4})
	}
	tokens, away := filepath.Join(dir, "tokens"), filepath.Join(dir, "away")
	return &Place{
		OpenContext: func(ctx context.Context, pin hsm.PINSource) (hsm.Keyring, error) { return open(ctx, TokenLabel, pin) },
		Missing:     func(pin hsm.PINSource) (hsm.Keyring, error) { return open(ctx, "no such token", pin) },
		PIN:         TokenPIN,
		Vanish:      func() error { return os.Rename(tokens, away) },
		Return:      func() error { return os.Rename(away, tokens) },
		Guarded:     true,
		// SoftHSM 2.6.1 decrypts by CBC and unwraps not by it.
		Lacks: []string{"CKM_AES_CBC", "CKM_AES_CBC_PAD", "CKM_RSA_PKCS_OAEP with SHA-256"},
		KDF3:  kdf3,
	}
}
