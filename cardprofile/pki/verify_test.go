package pki_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

var (
	signedAt  = pkitest.Epoch.AddDate(0, 0, 10)
	inspected = pkitest.Epoch.AddDate(0, 1, 0)
	content   = []byte{0x30, 0x00}
)

func signed(t testing.TB, a *pkitest.Authority, change func(*pkitest.SignedOptions)) *cms.SignedData {
	t.Helper()
	o := pkitest.SignedOptions{SigningTime: signedAt}
	if change != nil {
		change(&o)
	}
	sd, err := cms.Parse(a.Sign(t, content, o))
	if err != nil {
		t.Fatal(err)
	}
	return sd
}

// want compares the outcomes of signature, chain, validity and revocation, written
// as one letter each: p passed, f failed, n not performed, s not supported.
func want(t *testing.T, r *pki.Result, letters string) {
	t.Helper()
	got := ""
	for _, c := range r.Checks() {
		got += map[pki.Outcome]string{pki.Passed: "p", pki.Failed: "f", pki.NotPerformed: "n", pki.NotSupported: "s"}[c.Outcome]
		if c.Reason == "" {
			t.Errorf("%s gives no reason", c.ID)
		}
	}
	if got != letters {
		t.Errorf("outcomes %s, want %s: %v", got, letters, r.Checks())
	}
	_, trusted := r.Trusted()
	if wantTrust := letters[:2] == "pp" && !strings.Contains(letters, "f"); trusted != wantTrust {
		t.Errorf("trusted %v with outcomes %s", trusted, letters)
	}
}

func deviates(r *pki.Result, rule string) bool {
	for _, d := range r.Deviations {
		if d.Rule == rule {
			return true
		}
	}
	return false
}

func TestZeroValuesProveNothing(t *testing.T) {
	var r pki.Result
	if _, ok := r.Trusted(); ok || r.Trust != pki.TrustNone || r.Trust.String() != "none" || r.Signature.Outcome.String() != "not_performed" {
		t.Error("the zero value proves something")
	}
	var tr pki.Trusted
	if tr.OK() || tr.Content() != nil {
		t.Error("the zero value holds content")
	}
	// A caller that writes into the public fields gets no further.
	r.Signature.Outcome, r.Chain.Outcome, r.Trust = pki.Passed, pki.Passed, pki.TrustAnchored
	if _, ok := r.Trusted(); ok {
		t.Error("a result written by hand is trusted")
	}
}

func TestAnchored(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	r := pki.VerifyDocument(signed(t, a, nil), a.Store(t), pki.VerifyOptions{Now: inspected, IssuingState: "VNM", DocumentCode: "ID"})
	want(t, r, "pppn")
	if r.Trust != pki.TrustAnchored || !strings.HasPrefix(r.Chain.Reason, "anchored") || r.Test || len(r.Deviations) > 0 {
		t.Errorf("%+v", r)
	}
	got, _ := r.Trusted()
	if string(got.Content()) != string(content) || got.ContentType() != cms.OIDLDSSecurityObject || got.Trust() != pki.TrustAnchored {
		t.Error("the trusted content is another")
	}
}

func TestNoAnchor(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Name: "CSCA Other"})
	sd := signed(t, a, nil)
	want(t, pki.VerifyDocument(sd, nil, pki.VerifyOptions{Now: inspected}), "pnnn")
	want(t, pki.VerifyDocument(sd, pki.NewStore(false), pki.VerifyOptions{Now: inspected}), "pnnn")
	want(t, pki.VerifyDocument(sd, b.Store(t), pki.VerifyOptions{Now: inspected}), "pnnn")
	// A CSCA of the same name with another key is not the issuer.
	c := pkitest.NewAuthority(t, pkitest.Options{})
	r := pki.VerifyDocument(sd, c.Store(t), pki.VerifyOptions{Now: inspected})
	want(t, r, "pnnn")
	if !strings.Contains(r.Chain.Reason, "no trust anchor") || !strings.Contains(r.Chain.Reason, "not the key") {
		t.Error(r.Chain.Reason)
	}
}

// TestEqualNames has two CSCAs with one name, and finds the right one by its key.
func TestEqualNames(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{})
	store := b.Store(t)
	if _, err := store.Import("a.der", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*pkitest.Authority{a, b} {
		r := pki.VerifyDocument(signed(t, x, nil), store, pki.VerifyOptions{Now: inspected})
		want(t, r, "pppn")
		if r.Anchor == nil || r.Anchor.Fingerprint() != x.CSCA.Fingerprint() {
			t.Error("anchored by the other CSCA")
		}
	}
}

func TestSignerForged(t *testing.T) {
	a, forger := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{})
	// The forger's certificate names the true CSCA's key as its issuer's.
	copied := *a.CSCA
	copied.PublicKey = forger.CSCAKey.Public()
	fake, err := pki.BuildDS(pki.DSOptions{DocumentTypes: []string{"I"}, Subject: pki.Subject{CommonName: "Document Signer 1", Email: "ds@example.org",
		NotBefore: pkitest.Epoch, NotAfter: pkitest.Epoch.AddDate(10, 0, 0), PrivateKeyNotAfter: pkitest.Epoch.AddDate(0, 3, 0)}},
		forger.DSKey.Public(), &copied, forger.CSCAKey)
	if err != nil {
		t.Fatal(err)
	}
	forger.DS = fake
	want(t, pki.VerifyDocument(signed(t, forger, nil), a.Store(t), pki.VerifyOptions{Now: inspected}), "pfnn")
}

// TestOtherRolesMustNotSign lets certificates of the CSCA that are for something else
// sign a document.
func TestOtherRolesMustNotSign(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	asCSCA := *a
	asCSCA.DS, asCSCA.DSKey = a.CSCA, a.CSCAKey
	r := pki.VerifyDocument(signed(t, &asCSCA, nil), a.Store(t), pki.VerifyOptions{Now: inspected})
	want(t, r, "pfnn")
	if !strings.Contains(r.Chain.Reason, "CA certificate") {
		t.Error(r.Chain.Reason)
	}
}

func TestContentType(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	sd := signed(t, a, func(o *pkitest.SignedOptions) { o.ContentType = cms.OIDSecurityObject })
	want(t, pki.VerifyDocument(sd, a.Store(t), pki.VerifyOptions{Now: inspected}), "fnnn")
	want(t, pki.VerifyDocument(sd, a.Store(t), pki.VerifyOptions{Now: inspected, ContentType: cms.OIDSecurityObject}), "pppn")
}

func TestSignerIdentifier(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	v := func(change func(*pkitest.SignedOptions)) *pki.Result {
		return pki.VerifyDocument(signed(t, a, change), a.Store(t), pki.VerifyOptions{Now: inspected})
	}
	t.Run("subject key identifier", func(t *testing.T) {
		r := v(func(o *pkitest.SignedOptions) { o.KeyID = true })
		want(t, r, "pppn")
	})
	t.Run("RDNs in another order", func(t *testing.T) {
		r := v(func(o *pkitest.SignedOptions) {
			n := a.DS.Issuer.Raw
			l := int(n[3])
			o.Issuer = append(append([]byte{n[0], n[1]}, n[4+l:]...), n[2:4+l]...)
		})
		want(t, r, "pppn")
		if !deviates(r, "cms.sid.order") {
			t.Errorf("the order is not noted: %v", r.Deviations)
		}
	})
	t.Run("another issuer", func(t *testing.T) {
		want(t, v(func(o *pkitest.SignedOptions) { o.Issuer = a.DS.Subject.Raw }), "fnnn")
	})
	t.Run("certificate missing", func(t *testing.T) {
		none := func(o *pkitest.SignedOptions) { o.Certificates = []*pki.Certificate{} }
		want(t, v(none), "nnnn")
		// LDS 1.7 leaves it out at will: then the store may hold it.
		store := a.Store(t)
		if _, err := store.Import("ds.der", a.DS.Raw, pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		r := pki.VerifyDocument(signed(t, a, none), store, pki.VerifyOptions{Now: inspected})
		want(t, r, "pppn")
		if !deviates(r, "sod.certificate.missing") {
			t.Error("the missing certificate is not noted")
		}
	})
	t.Run("another signer's certificate", func(t *testing.T) {
		want(t, v(func(o *pkitest.SignedOptions) { o.Certificates = []*pki.Certificate{a.CSCA} }), "fnnn")
	})
}

func TestValidity(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	store := a.Store(t)
	day := func(y, m, d int) time.Time { return pkitest.Epoch.AddDate(y, m, d) }
	for _, c := range []struct {
		name    string
		signed  time.Time
		o       pki.VerifyOptions
		letters string
	}{
		{"signed and inspected in time", day(0, 0, 10), pki.VerifyOptions{Now: day(0, 1, 0)}, "pppn"},
		{"expired since", day(0, 0, 10), pki.VerifyOptions{Now: day(11, 0, 0)}, "pppn"},
		{"signed before the certificate", day(0, 0, -1), pki.VerifyOptions{Now: day(0, 1, 0)}, "ppfn"},
		{"signed after the private key's period", day(0, 4, 0), pki.VerifyOptions{Now: day(0, 5, 0)}, "ppfn"},
		{"signed after the certificate", day(11, 0, 0), pki.VerifyOptions{Now: day(11, 1, 0)}, "ppfn"},
		{"signed tomorrow", day(0, 0, 12), pki.VerifyOptions{Now: day(0, 0, 10)}, "ppfn"},
		{"no signing time, valid", time.Time{}, pki.VerifyOptions{Now: day(1, 0, 0)}, "pppn"},
		{"no signing time, expired", time.Time{}, pki.VerifyOptions{Now: day(11, 0, 0)}, "ppnn"},
		{"no signing time, not valid yet", time.Time{}, pki.VerifyOptions{Now: day(0, 0, -5)}, "ppfn"},
		{"issue date in its place", time.Time{}, pki.VerifyOptions{Now: day(11, 0, 0), IssueDate: day(0, 0, 20)}, "pppn"},
		{"issue date on the first day", time.Time{}, pki.VerifyOptions{Now: day(1, 0, 0), IssueDate: pkitest.Epoch}, "pppn"},
		{"issue date too late", time.Time{}, pki.VerifyOptions{Now: day(11, 0, 0), IssueDate: day(0, 6, 0)}, "ppfn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sd := signed(t, a, func(o *pkitest.SignedOptions) { o.SigningTime = c.signed })
			want(t, pki.VerifyDocument(sd, store, c.o), c.letters)
		})
	}
}

func TestRevocation(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	sd := signed(t, a, nil)
	now := inspected
	v := func(crls ...[]byte) *pki.Result {
		store := a.Store(t)
		for _, l := range crls {
			if _, err := store.Import("x.crl", l, pki.ImportOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		return pki.VerifyDocument(sd, store, pki.VerifyOptions{Now: now})
	}
	fresh := a.CRL(t, now.AddDate(0, 0, -5), now.AddDate(0, 0, 85), big.NewInt(77))
	listed := a.CRL(t, now.AddDate(0, 0, -4), now.AddDate(0, 0, 86), big.NewInt(77), a.DS.Serial)
	stale := a.CRL(t, now.AddDate(0, -6, 0), now.AddDate(0, -3, 0))
	if r := v(); r.RevocationKnown {
		t.Error("a CRL is known where there is none")
	}
	r := v(fresh)
	want(t, r, "pppp")
	if !r.RevocationKnown {
		t.Error("the CRL is not known")
	}
	want(t, v(listed), "pppf")
	want(t, v(fresh, listed), "pppf")
	r = v(stale)
	want(t, r, "pppn")
	if !strings.Contains(r.Revocation.Reason, "old") || !r.RevocationKnown {
		t.Error(r.Revocation.Reason)
	}
	want(t, v(stale, fresh), "pppp")
	// A CRL of another authority with the same name says nothing, and is not taken.
	b := pkitest.NewAuthority(t, pkitest.Options{})
	if _, err := a.Store(t).Import("b.crl", b.CRL(t, now, now.AddDate(0, 3, 0), a.DS.Serial), pki.ImportOptions{}); err == nil {
		t.Error("a CRL that no CSCA of the store signed was taken")
	}
}

func TestStates(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	germany := pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D", Name: "CSCA Germany"})
	for _, c := range []struct {
		a       *pkitest.Authority
		mrz     string
		letters string
		noted   bool
	}{
		{a, "VNM", "pppn", false},
		{a, "D<<", "pfnn", false},
		{a, "QQQ", "pppn", true},
		{germany, "D<<", "pppn", false},
		{germany, "VNM", "pfnn", false},
	} {
		r := pki.VerifyDocument(signed(t, c.a, nil), c.a.Store(t), pki.VerifyOptions{Now: inspected, IssuingState: c.mrz})
		want(t, r, c.letters)
		if deviates(r, "pki.state") != c.noted {
			t.Errorf("%s: noted %v", c.mrz, r.Deviations)
		}
	}
	for mrz, country := range map[string]string{"VNM": "VN", "D<<": "DE", "GBD": "GB", "UTO": "UT", "???": ""} {
		if got := pki.CountryOfState(mrz); got != country {
			t.Errorf("%s is %q, want %q", mrz, got, country)
		}
	}
}

func TestDocumentTypes(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	for code, noted := range map[string]bool{"I<": false, "ID": false, "P<": true, "PN": true, "": false} {
		r := pki.VerifyDocument(signed(t, a, nil), a.Store(t), pki.VerifyOptions{Now: inspected, DocumentCode: code})
		want(t, r, "pppn")
		if deviates(r, "pki.documenttypes") != noted {
			t.Errorf("%q: noted %v", code, r.Deviations)
		}
	}
}

func TestPinned(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	store := pki.NewStore(false)
	if err := store.Pin(a.DS, "", "because"); err == nil {
		t.Error("a pin without a name was taken")
	}
	if err := store.Pin(a.CSCA, "me", "because"); err == nil {
		t.Error("a CSCA was pinned as a signer")
	}
	if err := store.Pin(a.DS, "N. V. A.", "received at the consulate"); err != nil {
		t.Fatal(err)
	}
	r := pki.VerifyDocument(signed(t, a, nil), store, pki.VerifyOptions{Now: inspected})
	want(t, r, "pppn")
	if r.Trust != pki.TrustPinned || r.Pin == nil || r.Anchor != nil || !strings.HasPrefix(r.Chain.Reason, "pinned") || strings.Contains(r.Chain.Reason, "anchored") {
		t.Errorf("%+v", r.Chain)
	}
	// The pin is for this certificate, not for its key.
	a.DS = a.NewDS(t, a.DSKey.Public(), func(*pki.DSOptions) {})
	want(t, pki.VerifyDocument(signed(t, a, nil), store, pki.VerifyOptions{Now: inspected}), "pnnn")
	if err := store.Unpin(r.Pin.SHA256); err != nil || len(store.Pins()) != 0 {
		t.Error(err)
	}
	if store.Unpin(r.Pin.SHA256) == nil {
		t.Error("what is not pinned was unpinned")
	}
}

func TestTestMark(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{Test: true})
	r := pki.VerifyDocument(signed(t, a, nil), a.Store(t), pki.VerifyOptions{Now: inspected})
	want(t, r, "pppn")
	if !r.Test || !strings.Contains(r.Chain.Reason, "TEST") {
		t.Errorf("the verdict does not say TEST: %v", r.Chain)
	}
	// In a store for real documents neither the CSCA nor a pin gets in.
	real := pki.NewStore(false)
	if _, err := real.Import("test.der", a.CSCA.Raw, pki.ImportOptions{}); err == nil {
		t.Error("a TEST certificate was taken")
	}
	if err := real.Pin(a.DS, "me", "because"); err == nil {
		t.Error("a TEST signer was pinned")
	}
	want(t, pki.VerifyDocument(signed(t, a, nil), real, pki.VerifyOptions{Now: inspected}), "pnnn")
	// An authority without the mark in a test store: the verdict still says TEST.
	b := pkitest.NewAuthority(t, pkitest.Options{})
	store := pki.NewStore(true)
	if _, err := store.Import("real.der", b.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if r := pki.VerifyDocument(signed(t, b, nil), store, pki.VerifyOptions{Now: inspected}); !r.Test {
		t.Error("a test store does not say TEST")
	}
}

func TestTwoSigners(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{})
	sd, other := signed(t, a, nil), signed(t, b, nil)
	sd.Signers = append(sd.Signers, other.Signers...)
	want(t, pki.VerifyDocument(sd, a.Store(t), pki.VerifyOptions{Now: inspected}), "fnnn")
}
