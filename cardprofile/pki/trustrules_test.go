package pki_test

import (
	"encoding/pem"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// TestWhoVouches: which CSCA may speak for a master list.
func TestWhoVouches(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D", Name: "CSCA Germany"})
	fake := pkitest.NewAuthority(t, pkitest.Options{}) // Viet Nam's name, somebody else's key
	next := pkitest.NewAuthority(t, pkitest.Options{Name: "CSCA Viet Nam 2"})
	of := func(x *pkitest.Authority, more ...*pki.Certificate) []byte {
		return x.SignedMasterList(t, append(more, x.CSCA)...)
	}
	store := func(files ...[]byte) *pki.Store {
		s := pki.NewStore(false)
		for _, f := range files {
			if _, err := s.Import("before", f, pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	for _, c := range []struct {
		name  string
		store *pki.Store
		list  []byte
		o     pki.ImportOptions
		by    string // "" when the list is refused
	}{
		{"nobody", store(), of(a), pki.ImportOptions{}, ""},
		{"the anchor named", store(), of(a), pki.ImportOptions{Anchors: []*pki.Certificate{b.CSCA, a.CSCA}}, "anchor"},
		{"another anchor", store(), of(a), pki.ImportOptions{Anchors: []*pki.Certificate{b.CSCA}}, ""},
		{"an anchor of the same name", store(), of(fake), pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}}, ""},
		{"a Document Signer as anchor", store(), of(a), pki.ImportOptions{Anchors: []*pki.Certificate{a.DS}}, ""},
		{"the fingerprint confirmed", store(), of(a), pki.ImportOptions{Confirm: []string{a.CSCA.Fingerprint()}}, "confirmed"},
		{"with colons", store(), of(a), pki.ImportOptions{Confirm: []string{colons(a.CSCA.Fingerprint())}}, "confirmed"},
		{"another fingerprint", store(), of(a), pki.ImportOptions{Confirm: []string{b.CSCA.Fingerprint()}}, ""},
		{"imported by itself before", store(a.CSCA.Raw), of(a), pki.ImportOptions{}, "store"},
		{"named with a list before", store(of(a)), of(a, b.CSCA), pki.ImportOptions{}, "store"},
		// The decisive one: what a list brought must not bring lists.
		{"came with a list before", store(of(a, b.CSCA)), of(b, fake.CSCA), pki.ImportOptions{}, ""},
		{"came with a list, confirmed now", store(of(a, b.CSCA)), of(b), pki.ImportOptions{Confirm: []string{b.CSCA.Fingerprint()}}, "confirmed"},
		{"a newer key, linked in the list", store(a.CSCA.Raw), of(next, a.Link(t, next)), pki.ImportOptions{}, "store"},
		{"a newer key, linked for an anchor", store(), of(next, a.Link(t, next)), pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}}, "anchor"},
		{"a newer key, linked by a stranger", store(a.CSCA.Raw), of(next, fake.Link(t, next)), pki.ImportOptions{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := kinds(c.store)
			r, err := c.store.Import("x.ml", c.list, c.o)
			if c.by != "" {
				if err != nil || len(r.Lists) != 1 || r.Lists[0].By != c.by {
					t.Fatalf("%+v, %v", r, err)
				}
				return
			}
			var alone *pki.UnanchoredError
			if !errors.Is(err, pki.ErrListAnchor) || !errors.As(err, &alone) || alone.CSCA == nil || !strings.Contains(err.Error(), alone.CSCA.Fingerprint()) {
				t.Errorf("got %v", err)
			}
			if got := kinds(c.store); got != before {
				t.Errorf("the store held %s, and now %s", before, got)
			}
		})
	}
	t.Run("revoked", func(t *testing.T) {
		s := store(a.CSCA.Raw)
		list := of(a)
		m, err := pki.ParseMasterList(list)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := m.Verify(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Import("x.crl", a.CRL(t, inspected, inspected.AddDate(0, 3, 0), signer.Certificate().Serial), pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Import("x.ml", list, pki.ImportOptions{}); !errors.Is(err, pki.ErrListSignature) {
			t.Errorf("got %v", err)
		}
	})
}

func namedIn(s *pki.Store) []pki.Named {
	n, _ := s.Named()
	return n
}

func colons(sha string) string {
	var out []string
	for i := 0; i < len(sha); i += 2 {
		out = append(out, strings.ToUpper(sha[i:i+2]))
	}
	return strings.Join(out, ":")
}

// TestTestMarkEverywhere: no form brings a TEST certificate into a store for real
// documents.
func TestTestMarkEverywhere(t *testing.T) {
	a, real := pkitest.NewAuthority(t, pkitest.Options{Test: true}), pkitest.NewAuthority(t, pkitest.Options{})
	o := pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA, real.CSCA}}
	bundled := pki.NewStore(true)
	if _, err := bundled.Import("csca", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	key := pkitest.Key(t, "P-256")
	bundle, info, err := bundled.Export(key, pki.ExportOptions{Expires: time.Now().AddDate(0, 1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	o.Confirm = []string{info.Key}
	value, record := pkitest.LDIFValue, pkitest.LDIFRecord
	for _, c := range []struct {
		name string
		data []byte
		some string // what of it may come in
	}{
		{"certificate", a.CSCA.Raw, ""},
		{"Document Signer", a.DS.Raw, ""},
		{"PEM", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.CSCA.Raw}), ""},
		{"among others", slices.Concat(a.CSCA.Raw, real.CSCA.Raw), "csca"},
		{"its own list", a.SignedMasterList(t, a.CSCA, real.CSCA), ""},
		{"a real list", real.SignedMasterList(t, a.CSCA, real.CSCA), "csca"},
		{"LDIF", []byte(record(1, value("userCertificate;binary", a.DS.Raw), value("pkdMasterListContent", a.SignedMasterList(t, a.CSCA)))), ""},
		{"its deviation list", a.DeviationList(t, pkitest.Epoch), ""},
		{"bundle", bundle, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pki.NewStore(false)
			r, err := s.Import("x", c.data, o)
			if c.some == "" && !errors.Is(err, pki.ErrTestMark) {
				t.Errorf("%+v, %v", r, err)
			}
			if got := kinds(s); got != c.some {
				t.Errorf("holds %q", got)
			}
			if _, err := pki.NewStore(true).Import("x", c.data, o); err != nil {
				t.Errorf("a store for tests: %v", err)
			}
		})
	}
	if err := pki.NewStore(false).Pin(a.DS, "somebody", "for a test"); !errors.Is(err, pki.ErrTestMark) {
		t.Errorf("a pin: %v", err)
	}
}

func TestRemove(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D"})
	dir := filepath.Join(t.TempDir(), "trust")
	s, err := pki.Create(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	list := a.SignedMasterList(t, a.CSCA, b.CSCA)
	o := pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}}
	if _, err := s.Import("x.ml", list, o); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(b.CSCA.Fingerprint(), "", "withdrawn"); err == nil {
		t.Error("nobody removed it")
	}
	if _, err := s.Remove(b.CSCA.Fingerprint(), "Hoa", "withdrawn"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		want(t, pki.VerifyDocument(signed(t, b, nil), s, pki.VerifyOptions{Now: inspected}), "pnnn")
		r, err := s.Import("again.ml", list, o)
		if err != nil || r.RefusedAll != 1 || !strings.Contains(r.Refused[0].Reason, "removed from this store by Hoa") || kinds(s) != "csca" {
			t.Errorf("%+v, %v, holds %s", r, err, kinds(s))
		}
		// By hand it does not come back either.
		pkitest.WriteFile(t, filepath.Join(dir, "certs"), b.CSCA.Fingerprint()+".der", b.CSCA.Raw)
		if s, err = pki.Open(dir); err != nil || kinds(s) != "csca" {
			t.Fatalf("%v, holds %s", err, kinds(s))
		}
	}
	if err := s.Restore(b.CSCA.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Import("again.ml", list, o); err != nil || r.Added != 1 || kinds(s) != "csca csca" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDiff(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	var others []*pki.Certificate
	for _, name := range []string{"CSCA One", "CSCA Two", "CSCA Three"} {
		others = append(others, pkitest.NewAuthority(t, pkitest.Options{Name: name}).CSCA)
	}
	// The same holder and key once more.
	key := pkitest.Key(t, "P-256")
	again := func(years int) *pki.Certificate {
		c, err := pki.BuildCSCA(pki.CSCAOptions{Country: "VN", State: "VNM", Subject: pki.Subject{CommonName: "CSCA Again", Email: "csca@example.org",
			CRLURLs: []string{"http://csca.example.org/crl"}, NotBefore: pkitest.Epoch, NotAfter: pkitest.Epoch.AddDate(years, 0, 0), PrivateKeyNotAfter: pkitest.Epoch.AddDate(3, 0, 0)}}, key)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	before, after := again(14), again(15)
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "trust")} {
		s := pki.NewStore(false)
		if dir != "" {
			var err error
			if s, err = pki.Create(dir, false); err != nil {
				t.Fatal(err)
			}
		}
		o := pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}}
		r, err := s.Import("1.ml", a.SignedMasterList(t, a.CSCA, others[0], others[1], before), o)
		if err != nil || r.Since != nil || r.Country != "VN" {
			t.Fatalf("%+v, %v", r, err)
		}
		r, err = s.Import("2.ml", a.SignedMasterList(t, a.CSCA, others[1], others[2], after), o)
		if err != nil || r.Since == nil {
			t.Fatalf("%+v, %v", r, err)
		}
		sources, err := s.Sources()
		if err != nil || len(sources) != 2 || sources[0].Imported.IsZero() {
			t.Fatalf("%+v, %v", sources, err)
		}
		for _, d := range []*pki.Diff{r.Since, s.Diff(sources[slices.IndexFunc(sources, func(x pki.Source) bool { return x.File == "1.ml" })],
			sources[slices.IndexFunc(sources, func(x pki.Source) bool { return x.File == "2.ml" })])} {
			if len(d.Added) != 1 || d.Added[0].SHA256 != others[2].Fingerprint() || !strings.Contains(d.Added[0].Subject, "CSCA Three") ||
				len(d.Removed) != 1 || d.Removed[0].SHA256 != others[0].Fingerprint() ||
				len(d.Changed) != 1 || d.Changed[0].Before.SHA256 != before.Fingerprint() || d.Changed[0].After.SHA256 != after.Fingerprint() {
				t.Errorf("%+v", d)
			}
		}
	}
}
