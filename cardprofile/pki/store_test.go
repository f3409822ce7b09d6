package pki_test

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

func kinds(s *pki.Store) string {
	var out []string
	for _, e := range s.Entries() {
		out = append(out, e.Kind)
	}
	return strings.Join(out, " ")
}

func TestStoreOnDisk(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	dir := filepath.Join(t.TempDir(), "trust")
	if _, err := pki.Open(dir); !errors.Is(err, pki.ErrNoStore) {
		t.Fatalf("a missing store: %v", err)
	}
	s, err := pki.Create(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pki.Create(dir, true); err == nil {
		t.Fatal("a store was created over another")
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"csca.der", a.CSCA.Raw}, {"ds.der", a.DS.Raw}, {"x.crl", a.CRL(t, inspected, inspected.AddDate(0, 3, 0))}} {
		if _, err := s.Import(f.name, f.data, pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := s.Import("again.der", a.CSCA.Raw, pki.ImportOptions{}); err != nil || r.Added != 0 || r.Known != 1 {
		t.Errorf("the second time: %+v, %v", r, err)
	}
	if err := s.Pin(a.DS, "operator", "for a test"); err != nil {
		t.Fatal(err)
	}
	check := func(s *pki.Store, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(s); got != "crl csca signer" || s.Test() || len(s.Pins()) != 1 {
			t.Errorf("holds %s, test %v, pins %v", got, s.Test(), s.Pins())
		}
		want(t, pki.VerifyDocument(signed(t, a, nil), s, pki.VerifyOptions{Now: inspected}), "pppp")
		if c, err := s.Certificate(a.CSCA.Fingerprint()); err != nil || string(c.Raw) != string(a.CSCA.Raw) {
			t.Errorf("the CSCA is not found: %v", err)
		}
	}
	check(s, nil)
	check(pki.Open(dir))
	t.Run("the index is lost", func(t *testing.T) {
		if err := os.Remove(filepath.Join(dir, "index.tsv")); err != nil {
			t.Fatal(err)
		}
		check(pki.Open(dir))
	})
	t.Run("the index is damaged", func(t *testing.T) {
		for _, text := range []string{"", "nonsense", "chipid.trust.index/1\ncsca\t../../etc/passwd\tx\tx\tVN\t1\t2\tfalse\n", "chipid.trust.index/1\n"} {
			pkitest.WriteFile(t, dir, "index.tsv", []byte(text))
			check(pki.Open(dir))
		}
	})
	t.Run("a certificate was exchanged", func(t *testing.T) {
		b := pkitest.NewAuthority(t, pkitest.Options{})
		pkitest.WriteFile(t, filepath.Join(dir, "certs"), a.CSCA.Fingerprint()+".der", b.CSCA.Raw)
		s, err := pki.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		want(t, pki.VerifyDocument(signed(t, b, nil), s, pki.VerifyOptions{Now: inspected}), "pnnn")
		if err := os.Remove(filepath.Join(dir, "index.tsv")); err != nil {
			t.Fatal(err)
		}
		if _, err := pki.Open(dir); err == nil {
			t.Error("a store with an exchanged file opened")
		}
	})
	t.Run("not a store", func(t *testing.T) {
		other := t.TempDir()
		pkitest.WriteFile(t, other, "store.json", []byte(`{"schema":"something/9"}`))
		if _, err := pki.Open(other); !errors.Is(err, pki.ErrNoStore) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTestStoreStaysOne(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{Test: true})
	dir := t.TempDir()
	s, err := pki.Create(filepath.Join(dir, "test"), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import("csca.der", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if s, err = pki.Open(filepath.Join(dir, "test")); err != nil || !s.Test() {
		t.Fatalf("test %v, %v", s.Test(), err)
	}
	real, err := pki.Create(filepath.Join(dir, "real"), false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = real.Import("csca.der", a.CSCA.Raw, pki.ImportOptions{})
	var in *cardprofile.InputError
	if !errors.Is(err, pki.ErrTestMark) || !errors.As(err, &in) || in.File != "csca.der" || in.Fix == "" {
		t.Errorf("got %v", err)
	}
	// Nor by hand: the file beside the index is found and refused.
	pkitest.WriteFile(t, filepath.Join(dir, "real", "certs"), a.CSCA.Fingerprint()+".der", a.CSCA.Raw)
	if _, err := pki.Open(filepath.Join(dir, "real")); !errors.Is(err, pki.ErrTestMark) {
		t.Errorf("got %v", err)
	}
}

func TestImportForms(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Name: "CSCA Other"})
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	crl := a.CRL(t, inspected, inspected.AddDate(0, 3, 0))
	for _, c := range []struct {
		name, kind, holds string
		data              []byte
	}{
		{"DER", "certificates", "csca", a.CSCA.Raw},
		{"DER with a line end", "certificates", "csca", append(slices.Clone(a.CSCA.Raw), '\n')},
		{"DER after DER", "certificates", "csca csca", slices.Concat(a.CSCA.Raw, b.CSCA.Raw)},
		{"PEM", "certificates", "csca", block("CERTIFICATE", a.CSCA.Raw)},
		{"PEM bundle with text", "certificates", "csca csca", slices.Concat([]byte("CSCAs\n"), block("CERTIFICATE", a.CSCA.Raw), []byte("and\n"), block("CERTIFICATE", b.CSCA.Raw))},
		{"PEM with CRL", "mixed", "crl csca", slices.Concat(block("X509 CRL", crl), block("CERTIFICATE", a.CSCA.Raw))},
		{"master list", "master list", "csca csca", a.MasterList(t, a.CSCA, b.CSCA)},
		{"master list in PEM", "master list", "csca", block("CMS", a.MasterList(t, a.CSCA))},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pki.NewStore(false)
			r, err := s.Import(c.name, c.data, pki.ImportOptions{Confirm: []string{a.CSCA.Fingerprint()}})
			if err != nil {
				t.Fatal(err)
			}
			if r.Kind != c.kind || kinds(s) != c.holds || len(r.Refused) > 0 {
				t.Errorf("%+v, holds %s", r, kinds(s))
			}
		})
	}
	for name, data := range map[string][]byte{
		"empty":             nil,
		"text":              []byte("hello"),
		"cut off":           a.CSCA.Raw[:200],
		"a private key":     block("PRIVATE KEY", []byte{1, 2, 3}),
		"an EF.SOD":         a.Sign(t, content, pkitest.SignedOptions{}),
		"half PEM":          []byte("-----BEGIN CERTIFICATE-----\nAAAA"),
		"a CRL of nobody's": crl,
	} {
		s := pki.NewStore(false)
		var in *cardprofile.InputError
		if _, err := s.Import(name, data, pki.ImportOptions{}); !errors.As(err, &in) || in.File != name {
			t.Errorf("%s: got %v", name, err)
		}
		if kinds(s) != "" {
			t.Errorf("%s: the store holds %s", name, kinds(s))
		}
	}
}

func TestMasterListSignature(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{})
	list := a.MasterList(t, a.CSCA, b.CSCA)
	r, err := pki.NewStore(false).Import("x.ml", list, pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}})
	if err != nil || !r.Anchored || r.Added != 2 || r.SigningAt == nil {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := pki.NewStore(false).Import("x.ml", list, pki.ImportOptions{Anchors: []*pki.Certificate{b.CSCA}}); err == nil {
		t.Error("a list whose signer another CSCA issued was taken")
	}
	if !slices.ContainsFunc(r.Deviations, func(d cardprofile.Deviation) bool { return d.Rule == "masterlist.signer.csca" }) {
		t.Errorf("a CSCA that signs by itself is not noted: %v", r.Deviations)
	}
	// A Document Signer of the anchor has no say in whom to trust.
	if _, err := pki.NewStore(false).Import("x.ml", a.MasterListOfDS(t, a.CSCA, b.CSCA), pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}}); err == nil {
		t.Error("a list signed by a Document Signer was taken")
	}
	// The signer's own CSCA must be somewhere.
	if _, err := pki.NewStore(false).Import("x.ml", a.MasterListOfDS(t, b.CSCA), pki.ImportOptions{}); err == nil {
		t.Error("a list that says nothing of its own CSCA was taken")
	}
	sd, err := cms.Parse(list)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(list), string(sd.Content)) + len(sd.Content)/2
	bad := slices.Clone(list)
	bad[at] ^= 1
	if _, err := pki.NewStore(false).Import("x.ml", bad, pki.ImportOptions{}); err == nil {
		t.Error("an altered list was taken")
	}
}

func TestStoreAtOnce(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	dir := filepath.Join(t.TempDir(), "trust")
	s, err := pki.Create(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		sd, other := signed(t, a, nil), pkitest.NewAuthority(t, pkitest.Options{})
		wg.Go(func() {
			if _, err := s.Import("a", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
				t.Error(err)
			}
			if _, err := s.Import("b", other.CSCA.Raw, pki.ImportOptions{}); err != nil {
				t.Error(err)
			}
			if r := pki.VerifyDocument(sd, s, pki.VerifyOptions{Now: inspected}); r.Trust != pki.TrustAnchored {
				t.Error(r.Chain.Reason)
			}
		})
	}
	wg.Wait()
	if s, err = pki.Open(dir); err != nil || len(s.Entries()) != 9 {
		t.Errorf("%d entries, %v", len(s.Entries()), err)
	}
}
