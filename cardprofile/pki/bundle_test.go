package pki_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// office is a store kept by hand, whose bundles go to terminals.
func office(t *testing.T, a *pkitest.Authority) *pki.Store {
	t.Helper()
	s, err := pki.Create(filepath.Join(t.TempDir(), "office"), a.CSCA.TestMark)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"csca": a.CSCA.Raw, "ds": a.DS.Raw} {
		if _, err := s.Import(name, data, pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string][]byte{"crl": a.CRL(t, inspected, inspected.AddDate(0, 3, 0)),
		"dvl": a.DeviationList(t, pkitest.Epoch, pkitest.DefectEntry(pki.DefectChip, "", nil))} {
		if _, err := s.Import(name, data, pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Pin(a.DS, "operator", "for a test"); err != nil {
		t.Fatal(err)
	}
	return s
}

func export(t *testing.T, s *pki.Store, key *pkitest.Authority, version int64) ([]byte, *pki.BundleInfo) {
	t.Helper()
	b, info, err := s.Export(key.DSKey, pki.ExportOptions{Version: version, Issued: inspected, Expires: inspected.AddDate(0, 1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return b, info
}

func TestBundle(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D"})
	from := office(t, a)
	first, info := export(t, from, a, 0)
	if info.Version != 1 {
		t.Errorf("the first version is %d", info.Version)
	}
	dir := filepath.Join(t.TempDir(), "terminal")
	s, err := pki.Create(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	at := pki.ImportOptions{Now: inspected}
	if _, err := s.Import("1", first, at); !errors.Is(err, pki.ErrBundleSigner) || !strings.Contains(err.Error(), info.Key) {
		t.Errorf("nobody's key: %v", err)
	}
	named := pki.ImportOptions{Now: inspected, Anchors: []*pki.Certificate{a.DS}} // a certificate of that key
	r, err := s.Import("1", first, named)
	if err != nil || r.Kind != "bundle" || r.Added != 4 || r.Bundle.Version != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	same := func(s *pki.Store) {
		t.Helper()
		if got, want := kinds(s), kinds(from); got != want {
			t.Errorf("the terminal holds %s, the office %s", got, want)
		}
	}
	same(s)
	want(t, pki.VerifyDocument(signed(t, a, nil), s, pki.VerifyOptions{Now: inspected}), "pppp")
	expired := func(d cardprofile.Deviation) bool { return d.Rule == "trust.bundle.expired" }
	for months, over := range map[int]bool{0: false, 2: true} {
		r := pki.VerifyDocument(signed(t, a, nil), s, pki.VerifyOptions{Now: inspected.AddDate(0, months, 0)})
		if slices.ContainsFunc(r.Deviations, expired) != over {
			t.Errorf("after %d months: %v", months, r.Deviations)
		}
	}
	if len(s.Pins()) != 1 || len(namedIn(s)) != 1 || len(s.DeviationLists()) != 1 || s.Bundle().Key != info.Key {
		t.Errorf("pins %v, named %v, follows %+v", s.Pins(), namedIn(s), s.Bundle())
	}
	if again, err := s.Import("1", first, at); err != nil || again.Known != 4 || again.Added != 0 {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	// What the office takes out goes, and what it takes in comes.
	if _, err := from.Remove(a.DS.Fingerprint(), "Hoa", "not needed"); err != nil {
		t.Fatal(err)
	}
	if _, err := from.Import("de", b.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	second, _ := export(t, from, a, 0)
	if s, err = pki.Open(dir); err != nil {
		t.Fatal(err)
	}
	r, err = s.Import("2", second, at)
	if err != nil || r.Bundle.Version != 2 || r.Added != 1 || r.Bundle.Removed != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	same(s)
	if s, err = pki.Open(dir); err != nil {
		t.Fatal(err)
	}
	same(s)
	// Now the store follows: it does not go back, nor aside.
	for name, c := range map[string]struct {
		data []byte
		err  error
	}{
		"an older one":  {first, pki.ErrRollback},
		"a certificate": {b.DS.Raw, pki.ErrFollows},
	} {
		if _, err := s.Import(name, c.data, named); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Pin(b.DS, "somebody", "for a test"); !errors.Is(err, pki.ErrFollows) {
		t.Errorf("a pin: %v", err)
	}
	if _, err := s.Remove(b.CSCA.Fingerprint(), "somebody", "for a test"); !errors.Is(err, pki.ErrFollows) {
		t.Errorf("a removal: %v", err)
	}
	other, _ := export(t, office(t, a), a, 2)
	if _, err := s.Import("another of version 2", other, at); !errors.Is(err, pki.ErrRollback) {
		t.Errorf("another bundle of the same version: %v", err)
	}
	late := pki.ImportOptions{Now: inspected.AddDate(0, 2, 0)}
	third, _ := export(t, from, a, 7)
	if _, err := s.Import("3", third, late); !errors.Is(err, pki.ErrBundleExpired) {
		t.Errorf("after its end: %v", err)
	}
	early := pki.ImportOptions{Now: inspected.AddDate(0, 0, -2)}
	if _, err := s.Import("3", third, early); err == nil {
		t.Error("a bundle of the future was taken")
	}
	stranger, strange := export(t, from, b, 8)
	if _, err := s.Import("stranger", stranger, at); !errors.Is(err, pki.ErrBundleSigner) {
		t.Errorf("another key: %v", err)
	}
	// A new key must be named, and named wrongly it does not count.
	if _, err := s.Import("3", third, pki.ImportOptions{Now: inspected, Confirm: []string{strange.Key}}); !errors.Is(err, pki.ErrBundleSigner) {
		t.Errorf("the old key, with another confirmed: %v", err)
	}
	if _, err := s.Import("stranger", stranger, pki.ImportOptions{Now: inspected, Confirm: []string{strange.Key}}); err != nil || s.Bundle().Key != strange.Key {
		t.Errorf("a key that was named: %v", err)
	}
	same(s)
	// A store with a life of its own does not become a copy.
	if _, err := b.Store(t).Import("1", first, named); err == nil {
		t.Error("a store kept by hand took a bundle")
	}
	for name, o := range map[string]pki.ExportOptions{
		"no end":         {Issued: inspected},
		"end before":     {Issued: inspected, Expires: inspected.AddDate(0, 0, -1)},
		"an old version": {Version: 8, Issued: inspected, Expires: inspected.AddDate(0, 1, 0)},
	} {
		if _, _, err := from.Export(a.DSKey, o); err == nil {
			t.Errorf("%s: exported", name)
		}
	}
	if _, _, err := s.Export(a.DSKey, pki.ExportOptions{Expires: time.Now().AddDate(0, 1, 0)}); !errors.Is(err, pki.ErrFollows) {
		t.Errorf("a terminal exported: %v", err)
	}
}

// TestBundleMutated: no byte of a bundle can be exchanged.
func TestBundleMutated(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	from := a.Store(t)
	whole, info := export(t, from, a, 1)
	o := pki.ImportOptions{Now: inspected, Confirm: []string{info.Key}}
	if _, err := pki.NewStore(false).Import("x", whole, o); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for _, x := range []byte{0x01, 0x80, 0xff} {
			if x != 0x01 && i%7 != 0 { // one pattern everywhere, the others here and there
				continue
			}
			changed := bytes.Clone(whole)
			changed[i] ^= x
			s := pki.NewStore(false)
			if r, err := s.Import("x", changed, o); err == nil {
				t.Fatalf("byte %d of %d, xor %02x: taken, %+v", i, len(whole), x, r)
			}
			if kinds(s) != "" {
				t.Fatalf("byte %d: the store holds %s", i, kinds(s))
			}
		}
	}
}

// TestBundleOfAnother: what other signed objects there are is no bundle.
func TestBundleOfAnother(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	whole, _ := export(t, a.Store(t), a, 1)
	sd, err := cms.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pki.KeyFingerprint(a.DSKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	o := pki.ImportOptions{Now: inspected, Confirm: []string{key}}
	// The right key and content, under the certificate of a Document Signer.
	other := a.Sign(t, sd.Content, pkitest.SignedOptions{ContentType: pki.OIDTrustBundle, KeyID: true, SigningTime: inspected})
	if _, err := pki.NewStore(false).Import("x", other, o); !errors.Is(err, pki.ErrBundleAltered) {
		t.Errorf("got %v", err)
	}
	// The signed object of a chip does not become one by its content type.
	sod := a.Sign(t, content, pkitest.SignedOptions{})
	if _, err := pki.NewStore(false).Import("x", bytes.Replace(sod, cms.MarshalOID(cms.OIDLDSSecurityObject), cms.MarshalOID(pki.OIDTrustBundle), -1), o); err == nil {
		t.Error("an EF.SOD was taken")
	}
}

// TestBundleOpenSSL: stock tools read it and agree about the signature.
func TestBundleOpenSSL(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{Key: "brainpoolP256r1"})
	whole, info := export(t, a.Store(t), a, 1)
	dir := t.TempDir()
	path := pkitest.WriteFile(t, dir, "bundle", whole)
	out := filepath.Join(dir, "content")
	if text, err := pkitest.OpenSSL(t, "cms", "-verify", "-noverify", "-inform", "DER", "-in", path, "-out", out); err != nil {
		t.Fatalf("openssl: %s", text)
	}
	b, err := os.ReadFile(out)
	if err != nil || !bytes.Contains(b, []byte(`"chipid.trust.bundle/1"`)) {
		t.Errorf("%q, %v", b[:min(len(b), 80)], err)
	}
	// The fingerprint is that of the key as stock tools write it.
	sd, err := cms.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	pem, der := filepath.Join(dir, "key.pem"), filepath.Join(dir, "key.der")
	for _, args := range [][]string{
		{"x509", "-inform", "DER", "-in", pkitest.WriteFile(t, dir, "cert", sd.Certificates[0]), "-pubkey", "-noout", "-out", pem},
		{"pkey", "-pubin", "-in", pem, "-pubout", "-outform", "DER", "-out", der},
	} {
		if text, err := pkitest.OpenSSL(t, args...); err != nil {
			t.Fatalf("openssl: %s", text)
		}
	}
	if sum := sha256.Sum256(pkitest.Read(t, der)); hex.EncodeToString(sum[:]) != info.Key {
		t.Errorf("openssl's key has the SHA-256 %x, ours %s", sum, info.Key)
	}
}
