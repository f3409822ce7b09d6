package pki_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// TestOpenReadsNoCertificate: a folder in the place of each object, which cannot be
// read as a file, does not keep a store from opening, and each object that is asked
// for is then missed. So opening costs the same whatever the certificates are.
func TestOpenReadsNoCertificate(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	s := office(t, a)
	want := kinds(s)
	objects := 0
	for _, folder := range []string{"certs", "crls", "deviations"} {
		files, err := filepath.Glob(filepath.Join(s.Dir(), folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(f, 0o700); err != nil {
				t.Fatal(err)
			}
			objects++
		}
	}
	again, err := pki.Open(s.Dir())
	if err != nil || objects != 4 {
		t.Fatalf("%d objects: %v", objects, err)
	}
	if got := kinds(again); got != want {
		t.Errorf("holds %s, not %s", got, want)
	}
	if n := len(again.Check(pki.CheckOptions{Now: inspected})); n != objects {
		t.Errorf("%d of %d objects are missed", n, objects)
	}
	if c, err := again.Certificate(a.CSCA.Fingerprint()); err == nil {
		t.Errorf("a certificate came from nowhere: %v", c)
	}
}
