package ceremony

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/hsm"
)

// oneKey is a keyring in which every name is one key.
type oneKey struct{ key crypto.Signer }

func (k oneKey) Signer(context.Context, hsm.KeyRef) (crypto.Signer, error) { return k.key, nil }

// samples are ceremonies of each family.
var samples = []string{
	"ceremony: A\nkind: csca\nkey: pkcs11:object=k\nsubject: {country: VN, state: VNM, name: N, email: a@b.vn, crl-urls: [\"https://c.vn/x.crl\"], from: 2026-01-01, until: 2041-03-31, sign-until: 2030-12-31}\n",
	"ceremony: A\nkind: cvca\nkey: pkcs11:object=k\ncv: {holder: VNCVCA00001, role: cvca, rights: [read-dg3], from: 2026-01-01, until: 2026-03-31, algorithm: ECDSA-SHA-256}\n",
	"ceremony: A\nkind: request\nkey: pkcs11:object=k\ncv: {holder: VNDV00001, algorithm: ECDSA-SHA-256, authority: VNCVCA00001}\n",
	"ceremony: A\nkind: crl\nkey: pkcs11:object=k\ncsca: c.cer\ncrl: {this-update: 2026-02-01, next-update: 2026-04-30, revoked: [{serial: 4a, at: 2026-01-31}]}\n",
	"ceremony: A\nkind: deviationlist\nkey: pkcs11:object=k\nentries: [{signer-key-id: \"00\", deviations: [{type: 2.23.136.1.1.7.2.2, data-group: 2}]}]\n",
	"ceremony: A\nkind: link\nkey: pkcs11:object=k\ncsca: a.cer\nnext: b.cer\nhash: SHA-384\npkcs1: true\n",
}

func newOneKey(t testing.TB) oneKey {
	t.Helper()
	curve, err := ecc.ByName("P-256")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecc.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return oneKey{standard{key}}
}

// standard gives the public key as a keyring does.
type standard struct{ *ecc.PrivateKey }

func (s standard) Public() crypto.PublicKey { return hsm.StandardPublic(s.PublicKey()) }

// Those that name no file are planned whole, and twice alike.
func TestSamples(t *testing.T) {
	keys := newOneKey(t)
	for i, text := range samples {
		s, err := parse(filepath.Join(t.TempDir(), "a.yaml"), []byte(text))
		if err != nil {
			t.Errorf("%d: %v", i, err)
			continue
		}
		p, err := s.Prepare(t.Context(), keys)
		if i > 2 {
			if err == nil {
				t.Errorf("%d: planned without its files", i)
			}
			continue
		}
		if err != nil {
			t.Errorf("%d: %v", i, err)
			continue
		}
		again, err := s.Prepare(t.Context(), keys)
		if err != nil || !bytes.Equal(p.message, again.message) || len(p.message) == 0 {
			t.Errorf("%d: not the same plan twice: %v", i, err)
		}
	}
}

// FuzzCeremony: no file makes the planner panic, and one that is wrong is told so as an input error.
func FuzzCeremony(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	keys := newOneKey(f)
	// Paths start from an empty folder; one that leads out of it is not followed here.
	dir := f.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		s, err := parse(filepath.Join(dir, "a.yaml"), text)
		if err != nil {
			var in *cardprofile.InputError
			if !errors.As(err, &in) {
				t.Fatalf("no input error: %v", err)
			}
			return
		}
		if bytes.Contains(text, []byte("..")) || bytes.ContainsRune(text, '/') {
			return
		}
		p, err := s.Prepare(t.Context(), keys)
		if err == nil && len(p.message) == 0 {
			t.Error("a plan with nothing to sign")
		}
	})
}
