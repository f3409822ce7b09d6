package pki_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/crl"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	signedrule "github.com/chipid-toolkit/chipid/cardprofile/rule/signed"
)

// listKeys are kinds of keys that CSCAs and list signers have.
var listKeys = []string{"P-256", "brainpoolP384r1", "RSA-2048"}

// otherKey is another key of the kind than an authority's.
func otherKey(kind string) string {
	if kind == "RSA-2048" {
		return "RSA-2048 c"
	}
	return kind
}

func signerSubject(name string) pki.Subject {
	return pki.Subject{Organization: "Example", CommonName: name, Email: "a@example.org",
		NotBefore: pkitest.Epoch, NotAfter: pkitest.Epoch.AddDate(1, 0, 0), PrivateKeyNotAfter: pkitest.Epoch.AddDate(1, 0, 0)}
}

func issue(t *testing.T, p *pki.Prepared, err error) func(key crypto.Signer) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return func(key crypto.Signer) []byte {
		t.Helper()
		der, err := p.Issue(context.Background(), key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Issue(context.Background(), key); !errors.Is(err, pki.ErrUsed) {
			t.Errorf("signed twice: %v", err)
		}
		return der
	}
}

func clean(t *testing.T, findings []lint.Finding) {
	t.Helper()
	for _, f := range findings {
		if f.Severity > lint.Info {
			t.Errorf("%s: %s: %s", f.Rule, f.Where, f.Text)
		}
	}
}

// opensslAccepts lets the stock tool verify a list. It builds no chain over explicit EC
// parameters (error 94): there it verifies the list under its signer, and the CSCA's
// signature on the signer by itself.
func opensslAccepts(t *testing.T, der []byte, signer, csca *pki.Certificate) {
	t.Helper()
	dir := t.TempDir()
	run := func(want string, args ...string) {
		t.Helper()
		if out, err := pkitest.OpenSSL(t, args...); err != nil || !strings.Contains(out, want) {
			t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
		}
	}
	run("", "x509", "-inform", "DER", "-in", pkitest.WriteFile(t, dir, "csca.der", csca.Raw), "-out", dir+"/csca.pem")
	args := []string{"cms", "-verify", "-inform", "DER", "-in", pkitest.WriteFile(t, dir, "list", der), "-out", dir + "/content", "-binary"}
	if !signer.ExplicitCurve {
		at := strconv.FormatInt(pkitest.Epoch.AddDate(0, 1, 0).Unix(), 10)
		run("successful", append(args, "-CAfile", dir+"/csca.pem", "-attime", at, "-purpose", "any")...)
		return
	}
	run("successful", append(args, "-noverify")...)
	run("", "x509", "-in", dir+"/csca.pem", "-pubkey", "-noout", "-out", dir+"/csca.pub")
	hash := map[string]string{"1.2.840.10045.4.3.2": "-sha256", "1.2.840.10045.4.3.3": "-sha384"}[signer.SignatureAlgorithm.OID]
	run("Verified OK", "dgst", hash, "-verify", dir+"/csca.pub", "-signature", pkitest.WriteFile(t, dir, "sig", signer.Signature), pkitest.WriteFile(t, dir, "tbs", signer.RawTBS))
}

func TestListsForEveryKey(t *testing.T) {
	for _, kind := range listKeys {
		t.Run(kind, func(t *testing.T) {
			a, other := pkitest.NewAuthority(t, pkitest.Options{Key: kind}), pkitest.NewAuthority(t, pkitest.Options{Key: kind})
			key := pkitest.Key(t, otherKey(kind))
			at := pkitest.Epoch.AddDate(0, 0, 1)

			p, err := pki.PrepareMasterListSigner(signerSubject("Master List Signer"), key.Public(), a.CSCA)
			ml, err := pki.ParseCertificate(issue(t, p, err)(a.CSCAKey))
			if err != nil {
				t.Fatal(err)
			}
			if k, findings := cert.Lint(ml.Raw, ""); k != lint.MLSigner {
				t.Errorf("a %s", k)
			} else {
				clean(t, findings)
			}
			p, err = pki.PrepareMasterList([]*pki.Certificate{other.CSCA, a.CSCA, other.CSCA}, pki.ListOptions{Signer: ml, CSCA: a.CSCA, SigningTime: at})
			der := issue(t, p, err)(key)
			clean(t, signedrule.Lint(der, lint.MasterList))
			list, err := pki.ParseMasterList(der)
			if err != nil || len(list.Certificates) != 2 {
				t.Fatalf("%v, %d certificates", err, len(list.Certificates))
			}
			if s, err := list.Verify([]*pki.Certificate{a.CSCA}); err != nil || !s.Anchored() || !s.SigningTime().Equal(at) {
				t.Errorf("verify: %v", err)
			}
			opensslAccepts(t, der, ml, a.CSCA)

			dk := pkitest.Key(t, otherKey(kind))
			p, err = pki.PrepareDeviationListSigner(signerSubject("Deviation List Signer"), dk.Public(), a.CSCA)
			dl, err := pki.ParseCertificate(issue(t, p, err)(a.CSCAKey))
			if err != nil {
				t.Fatal(err)
			}
			entries := deviationEntries(a.DS)
			p, err = pki.PrepareDeviationList(entries, pki.ListOptions{Signer: dl, CSCA: a.CSCA, SigningTime: at})
			der = issue(t, p, err)(dk)
			clean(t, signedrule.Lint(der, lint.DeviationList))
			read, err := pki.ParseDeviationList(der)
			if err != nil || len(read.Defects) != len(entries) || len(read.Deviations) > 0 {
				t.Fatalf("%v, %v", err, read)
			}
			if _, err := read.Verify([]*pki.Certificate{a.CSCA}); err != nil {
				t.Error(err)
			}
			opensslAccepts(t, der, dl, a.CSCA)
			inStore(t, a, der)
		})
	}
}

func deviationEntries(ds *pki.Certificate) []pki.DefectEntry {
	one := func(d pki.Defect, numbers ...string) pki.DefectEntry {
		return pki.DefectEntry{Defect: d, DocumentNumbers: numbers}
	}
	return []pki.DefectEntry{
		one(pki.Defect{DocumentType: "P", IssuedFrom: pkitest.Epoch, IssuedTo: pkitest.Epoch.AddDate(0, 1, 0),
			Descriptions: []pki.DefectDescription{{Type: pki.DefectDGHashWrong, Group: 2, Text: "hash of DG2 over padded bytes"}, {Type: pki.DefectCOMInconsistent}}}),
		one(pki.Defect{Issuer: &ds.Issuer, Serial: ds.Serial, Descriptions: []pki.DefectDescription{{Type: pki.DefectDSEncoding, Extension: "2.5.29.16"}}}),
		one(pki.Defect{SubjectKeyID: ds.SubjectKeyID, Descriptions: []pki.DefectDescription{{Type: pki.DefectMRZCheckDigit, Field: 4}, {Type: pki.DefectNationalUse, NationalUse: []byte{0x02, 0x01, 0x07}}}}, "C12345678", "B999"),
	}
}

// inStore imports the list and asks it about documents.
func inStore(t *testing.T, a *pkitest.Authority, der []byte) {
	t.Helper()
	store := a.Store(t)
	if _, err := store.Import("list.dl", der, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	covers := func(o pki.DefectSubject, check string) bool {
		return slices.ContainsFunc(store.KnownDefects(o), func(k pki.KnownDefect) bool { return k.Covers(check) })
	}
	for _, c := range []struct {
		subject pki.DefectSubject
		check   string
		want    bool
	}{
		{pki.DefectSubject{Signer: a.DS, DocumentCode: "P<", IssueDate: pkitest.Epoch.AddDate(0, 0, 3)}, "dg.hash.2", true},
		{pki.DefectSubject{Signer: a.DS, DocumentCode: "ID", IssueDate: pkitest.Epoch.AddDate(0, 0, 3)}, "dg.hash.2", false},
		{pki.DefectSubject{Signer: a.DS, DocumentCode: "P<", IssueDate: pkitest.Epoch.AddDate(0, 2, 0)}, "dg.hash.2", false},
		{pki.DefectSubject{Signer: a.DS}, "sod.chain", true},
		{pki.DefectSubject{Signer: a.DS, DocumentNumber: "C12345678"}, "mrz.checkdigits", true},
		{pki.DefectSubject{Signer: a.DS, DocumentNumber: "C12345679"}, "mrz.checkdigits", false},
	} {
		if got := covers(c.subject, c.check); got != c.want {
			t.Errorf("%+v, %s: %v", c.subject, c.check, got)
		}
	}
}

func TestCRLForEveryKey(t *testing.T) {
	for _, kind := range listKeys {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			a := pkitest.NewAuthority(t, pkitest.Options{Key: kind})
			this := pkitest.Epoch.AddDate(0, 0, 7)
			p, err := pki.PrepareCRL(pki.CRLOptions{ThisUpdate: this, NextUpdate: this.AddDate(0, 0, 90)}, a.CSCA)
			empty, err := pki.ParseCRL(issue(t, p, err)(a.CSCAKey))
			if err != nil || empty.Len() != 0 || empty.Number.Int64() != 1 {
				t.Fatalf("%v, %v", err, empty)
			}
			o := pki.CRLOptions{Previous: empty, ThisUpdate: this.AddDate(0, 0, 14), NextUpdate: this.AddDate(0, 1, 0),
				Revoked: []pki.Revocation{{Serial: a.DS.Serial, At: this.AddDate(0, 0, 13)}, {Serial: big.NewInt(4), At: this}}}
			p, err = pki.PrepareCRL(o, a.CSCA)
			second, err := pki.ParseCRL(issue(t, p, err)(a.CSCAKey))
			if err != nil || second.Len() != 2 || second.Number.Int64() != 2 {
				t.Fatalf("%v, %v", err, second)
			}
			clean(t, crl.Lint(second.Raw))
			if at, ok := second.Revoked(a.DS.Serial); !ok || !at.Equal(this.AddDate(0, 0, 13)) {
				t.Errorf("revoked %v %v", at, ok)
			}
			// What is revoked stays revoked.
			p, err = pki.PrepareCRL(pki.CRLOptions{Previous: second, ThisUpdate: this.AddDate(0, 1, 0), NextUpdate: this.AddDate(0, 2, 0)}, a.CSCA)
			if third, err := pki.ParseCRL(issue(t, p, err)(a.CSCAKey)); err != nil || third.Len() != 2 {
				t.Errorf("%v, %v", err, third)
			}
			file := pkitest.WriteFile(t, dir, "list.crl", second.Raw)
			if out, err := pkitest.OpenSSL(t, "x509", "-inform", "DER", "-in", pkitest.WriteFile(t, dir, "csca.der", a.CSCA.Raw), "-out", dir+"/csca.pem"); err != nil {
				t.Fatal(out)
			}
			out, err := pkitest.OpenSSL(t, "crl", "-inform", "DER", "-in", file, "-noout", "-text", "-CAfile", dir+"/csca.pem")
			if err != nil || !strings.Contains(out, "verify OK") || !strings.Contains(strings.ToLower(out), fmt.Sprintf("%x", a.DS.Serial)) {
				t.Errorf("openssl crl: %v\n%s", err, out)
			}
			store := a.Store(t)
			if _, err := store.Import("list.crl", second.Raw, pki.ImportOptions{}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestLink(t *testing.T) {
	for _, kind := range listKeys {
		t.Run(kind, func(t *testing.T) {
			old := pkitest.NewAuthority(t, pkitest.Options{Key: kind})
			for _, renamed := range []bool{false, true} {
				next := nextCSCA(t, kind, old, renamed)
				p, err := pki.PrepareLink(pki.LinkOptions{}, old.CSCA, next)
				link, err := pki.ParseCertificate(issue(t, p, err)(old.CSCAKey))
				if err != nil {
					t.Fatal(err)
				}
				k, findings := cert.Lint(link.Raw, "")
				clean(t, findings)
				if k != lint.Link && renamed {
					t.Errorf("a %s", k)
				}
				clean(t, func() []lint.Finding { _, f := cert.Lint(link.Raw, lint.Link); return f }())
				if _, err := link.CheckSignatureFrom(old.CSCA); err != nil {
					t.Error(err)
				}
				changed := slices.ContainsFunc(link.Extensions, func(e pki.Extension) bool { return e.ID == "2.23.136.1.1.6.1" })
				if changed != renamed || string(link.Subject.Raw) != string(next.Subject.Raw) || !cms.SamePublicKey(link.PublicKey, next.PublicKey) {
					t.Errorf("the link does not say what it links: %v", link)
				}
				// Who trusts the old key trusts the new one.
				store := old.Store(t)
				if _, err := store.Import("link.cer", link.Raw, pki.ImportOptions{}); err != nil {
					t.Errorf("renamed %v: %v", renamed, err)
				}
				dir := t.TempDir()
				if out, err := pkitest.OpenSSL(t, "x509", "-inform", "DER", "-in", pkitest.WriteFile(t, dir, "link.der", link.Raw), "-noout", "-text"); err != nil {
					t.Error(out)
				}
			}
		})
	}
}

func nextCSCA(t *testing.T, kind string, old *pkitest.Authority, renamed bool) *pki.Certificate {
	t.Helper()
	name := old.CSCA.Subject.CommonName()
	if renamed {
		name = "Another CSCA"
	}
	o := pki.CSCAOptions{Country: "VN", State: "VNM", NameChanged: renamed, Subject: pki.Subject{Organization: "Issuing authority", CommonName: name, Email: "a@example.org",
		CRLURLs: []string{"http://csca.example.org/crl"}, NotBefore: pkitest.Epoch.AddDate(1, 0, 0), NotAfter: pkitest.Epoch.AddDate(11, 0, 0), PrivateKeyNotAfter: pkitest.Epoch.AddDate(4, 0, 0)}}
	c, err := pki.BuildCSCA(o, pkitest.Key(t, otherKey(kind)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refusing fails the test when it is asked to sign.
type refusing struct {
	crypto.Signer
	t *testing.T
}

func (r refusing) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	r.t.Error("the key was asked")
	return nil, errors.New("refused")
}

func TestListsRefuse(t *testing.T) {
	a, other := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{})
	test := pkitest.NewAuthority(t, pkitest.Options{Test: true})
	key := pkitest.Key(t, "P-256")
	p, err := pki.PrepareMasterListSigner(signerSubject("MLS"), key.Public(), a.CSCA)
	ml, err := pki.ParseCertificate(issue(t, p, err)(a.CSCAKey))
	if err != nil {
		t.Fatal(err)
	}
	at := pkitest.Epoch.AddDate(0, 0, 1)
	good := pki.ListOptions{Signer: ml, CSCA: a.CSCA, SigningTime: at}
	list := func(change func(*pki.ListOptions), certs ...*pki.Certificate) error {
		o := good
		change(&o)
		_, err := pki.PrepareMasterList(certs, o)
		return err
	}
	keep := func(*pki.ListOptions) {}
	deviation := func(e pki.DefectEntry) error {
		p, err := pki.PrepareDeviationListSigner(signerSubject("DLS"), key.Public(), a.CSCA)
		dl, err := pki.ParseCertificate(issue(t, p, err)(a.CSCAKey))
		if err != nil {
			t.Fatal(err)
		}
		_, err = pki.PrepareDeviationList([]pki.DefectEntry{e}, pki.ListOptions{Signer: dl, CSCA: a.CSCA, SigningTime: at})
		return err
	}
	described := func(x pki.DefectDescription, numbers ...string) pki.DefectEntry {
		return pki.DefectEntry{Defect: pki.Defect{Descriptions: []pki.DefectDescription{x}}, DocumentNumbers: numbers}
	}
	crlOf := func(change func(*pki.CRLOptions)) error {
		o := pki.CRLOptions{ThisUpdate: at, NextUpdate: at.AddDate(0, 0, 30)}
		change(&o)
		_, err := pki.PrepareCRL(o, a.CSCA)
		return err
	}
	newer := pki.CRLOptions{ThisUpdate: at, NextUpdate: at.AddDate(0, 0, 30), Number: big.NewInt(9), Revoked: []pki.Revocation{{Serial: big.NewInt(5), At: at}}}
	p, err = pki.PrepareCRL(newer, a.CSCA)
	previous, err := pki.ParseCRL(issue(t, p, err)(a.CSCAKey))
	if err != nil {
		t.Fatal(err)
	}
	forged := *previous
	forged.Signature = slices.Clone(forged.Signature)
	forged.Signature[len(forged.Signature)-1] ^= 1
	link := func(change func(*pki.LinkOptions), old, next *pki.Certificate) error {
		var o pki.LinkOptions
		change(&o)
		_, err := pki.PrepareLink(o, old, next)
		return err
	}
	next := nextCSCA(t, "P-256", a, false)
	for name, err := range map[string]error{
		"a DS in a master list":        list(keep, a.DS),
		"a test CSCA":                  list(keep, test.CSCA),
		"a DS that signs lists":        list(func(o *pki.ListOptions) { o.Signer = a.DS }),
		"another CSCA":                 list(func(o *pki.ListOptions) { o.CSCA = other.CSCA }),
		"signed late":                  list(func(o *pki.ListOptions) { o.SigningTime = pkitest.Epoch.AddDate(2, 0, 0) }),
		"no time":                      list(func(o *pki.ListOptions) { o.SigningTime = time.Time{} }),
		"an unknown deviation":         deviation(described(pki.DefectDescription{Type: "1.2.3"})),
		"a deviation without any":      deviation(pki.DefectEntry{}),
		"a field of a data group":      deviation(described(pki.DefectDescription{Type: pki.DefectDGHashWrong, Field: 3})),
		"a group that is none":         deviation(described(pki.DefectDescription{Type: pki.DefectDGHashWrong, Group: 17})),
		"an accent in PrintableString": deviation(described(pki.DefectDescription{Type: pki.DefectChip, Text: "é"})),
		"a number with a filler":       deviation(described(pki.DefectDescription{Type: pki.DefectChip}, "C123<")),
		"half a signer":                deviation(pki.DefectEntry{Defect: pki.Defect{Serial: big.NewInt(1), Descriptions: []pki.DefectDescription{{Type: pki.DefectChip}}}}),
		"a CRL of 91 days":             crlOf(func(o *pki.CRLOptions) { o.NextUpdate = at.AddDate(0, 0, 91) }),
		"a CRL that ends first":        crlOf(func(o *pki.CRLOptions) { o.NextUpdate = at }),
		"revoked tomorrow":             crlOf(func(o *pki.CRLOptions) { o.Revoked = []pki.Revocation{{big.NewInt(3), at.AddDate(0, 0, 1)}} }),
		"revoked twice":                crlOf(func(o *pki.CRLOptions) { o.Revoked = []pki.Revocation{{big.NewInt(3), at}, {big.NewInt(3), at}} }),
		"a number again": crlOf(func(o *pki.CRLOptions) {
			o.ThisUpdate, o.Previous, o.Number = at.AddDate(0, 0, 1), previous, big.NewInt(9)
		}),
		"a forged previous list":        crlOf(func(o *pki.CRLOptions) { o.ThisUpdate, o.Previous = at.AddDate(0, 0, 1), &forged }),
		"a list before the previous":    crlOf(func(o *pki.CRLOptions) { o.Previous = previous }),
		"a link to itself":              link(func(*pki.LinkOptions) {}, a.CSCA, a.CSCA),
		"a link to a DS":                link(func(*pki.LinkOptions) {}, a.CSCA, a.DS),
		"a link to TEST":                link(func(*pki.LinkOptions) {}, a.CSCA, test.CSCA),
		"a link that outlives":          link(func(o *pki.LinkOptions) { o.NotAfter = next.NotAfter.AddDate(0, 0, 1) }, a.CSCA, next),
		"a link after the old key ends": link(func(o *pki.LinkOptions) { o.NotBefore = a.CSCA.PrivateKeyNotAfter.AddDate(0, 0, 1) }, a.CSCA, next),
	} {
		var input *cardprofile.InputError
		if !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A key that is another's, or a context that has ended, signs nothing and uses nothing up.
	p, err = pki.PrepareMasterList(nil, good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Issue(context.Background(), refusing{a.CSCAKey, t}); err == nil {
		t.Error("signed with another key")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Issue(ctx, refusing{key, t}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := p.Issue(context.Background(), key); err != nil {
		t.Error(err)
	}
}
