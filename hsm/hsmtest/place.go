package hsmtest

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Place is where a keyring is: a token, or a folder.
type Place struct {
	// OpenContext opens the keyring with this PIN. Opening it twice gives two keyrings on the same keys.
	OpenContext func(ctx context.Context, pin hsm.PINSource) (hsm.Keyring, error)
	// PIN is the right one.
	PIN string
	// Missing opens a keyring that is not there.
	Missing func(pin hsm.PINSource) (hsm.Keyring, error)
	// Vanish takes the keys away under an open keyring, and Return brings them back as they were.
	Vanish, Return func() error
	// Guarded says that keys cannot leave: the suite then expects the attributes of a token.
	Guarded bool
	// Lacks names the mechanisms that this token lacks: each is then named by the error, and nothing is done in its place.
	Lacks []string
	// KDF3 are the published card key derivations.
	KDF3 []KDF3
}

// KDF3 is one published derivation. Key check values that are nil are not compared; ENC is the whole key where it is published.
type KDF3 struct {
	Name             string
	Master, KDD      []byte
	KCVENC, KCVMAC   []byte
	KCVDEK, WholeENC []byte
}

// PIN makes a PIN source of a PIN that a test knows.
func PIN(s string) hsm.PINSource { return hsm.FixedPIN(mac.NewKey([]byte(s))) }

// Open is OpenContext without a context.
func (p *Place) Open(pin hsm.PINSource) (hsm.Keyring, error) { return p.OpenContext(ctx, pin) }

// open opens the place, and closes it when the test is over.
func (p *Place) open(t testing.TB) hsm.Keyring {
	t.Helper()
	k, err := p.Open(PIN(p.PIN))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return k
}

// Require ends the test when a real part that it needs is missing: as a failure on the build server (CI=true), else as a skip that names the
// Debian package.
func Require(t testing.TB, what, debianPackage string, missing bool) {
	t.Helper()
	if !missing {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing; apt-get install %s", what, debianPackage)
	}
	t.Skipf("%s is missing; apt-get install %s", what, debianPackage)
}

// Tool returns the path of a program, or ends the test by the rules of Require.
func Tool(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	Require(t, name, debianPackage, err != nil)
	return path
}
