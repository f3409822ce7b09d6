package signers

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

// ring holds keys by their labels.
type ring struct {
	hsm.Keyring
	keys         map[hsm.KeyRef]crypto.Signer
	certificates map[hsm.KeyRef][]byte
}

func (r ring) Signer(_ context.Context, ref hsm.KeyRef) (crypto.Signer, error) {
	if k, ok := r.keys[ref]; ok {
		return k, nil
	}
	return nil, hsm.ErrKeyNotFound
}

func (r ring) Certificate(_ context.Context, ref hsm.KeyRef) ([]byte, error) {
	return r.certificates[ref], nil
}

func TestFollowsTheFile(t *testing.T) {
	ctx := context.Background()
	a := pkitest.NewAuthority(t, pkitest.Options{Name: "CSCA Rotation"})
	r := ring{keys: map[hsm.KeyRef]crypto.Signer{}, certificates: map[hsm.KeyRef][]byte{}}
	for i := range 3 {
		key := pkitest.Key(t, "P-256")
		ref := hsm.KeyRef(fmt.Sprintf("pkcs11:object=ds-%d", i))
		r.keys[ref] = key
		r.certificates[ref] = a.NewDS(t, key.Public(), func(*pki.DSOptions) {}).Raw
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.yaml")
	write := func(list string) {
		t.Helper()
		text := "module: m\ntoken: t\ncard-master: pkcs11:object=m\nsigner-uses: uses\ntrust: unused\ndocument-signers: [" + list + "]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("{key: 'pkcs11:object=ds-0', limit: 5}")
	f, err := keyflags.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, f, r, nil, nil); !errors.Is(err, pki.ErrNoStore) {
		t.Fatalf("a trust store that is not there: %v", err)
	}
	f.Trust = ""
	_ = r
	s, err := Open(ctx, f, r, a.Store(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	names := func() string {
		var out []string
		for _, c := range s.Pool.Signers() {
			for ref, der := range r.certificates {
				if string(der) == string(c.Raw) {
					out = append(out, strings.TrimPrefix(string(ref), "pkcs11:object="))
				}
			}
		}
		return strings.Join(out, " ")
	}
	if names() != "ds-0" {
		t.Fatal(names())
	}
	for _, step := range []struct {
		list, want string
		err        error
	}{
		{"{key: 'pkcs11:object=ds-0', limit: 6}", "ds-0", nil},
		{"{key: 'pkcs11:object=ds-0', limit: 6}, {key: 'pkcs11:object=ds-1'}", "ds-0 ds-1", nil},
		// One that cannot be added leaves those that sign.
		{"{key: 'pkcs11:object=ds-2'}, {key: 'pkcs11:object=none', certificate: x.cer}", "ds-0 ds-1 ds-2", errNoFile},
		{"{key: 'pkcs11:object=ds-2'}", "ds-2", nil},
	} {
		write(step.list)
		s.read = func(string) ([]byte, error) { return nil, errNoFile }
		if err := s.again(ctx, path); !errors.Is(err, step.err) {
			t.Errorf("%s: %v", step.list, err)
		}
		if names() != step.want {
			t.Errorf("%s: %s", step.list, names())
		}
	}
	if err := s.Pool.Ready(a.DS.NotBefore.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if err := s.Pool.Ready(a.DS.NotAfter.Add(time.Hour)); !errors.Is(err, signer.ErrNoSigner) {
		t.Error(err)
	}
}

var errNoFile = errors.New("no such file")
