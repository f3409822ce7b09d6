package pki_test

import (
	"crypto"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

func TestBuildForEveryKey(t *testing.T) {
	for _, c := range []pkitest.Options{
		{Key: "P-224"}, {Key: "P-256"}, {Key: "P-384"}, {Key: "P-521"},
		{Key: "brainpoolP224r1"}, {Key: "brainpoolP256r1"}, {Key: "brainpoolP384r1"}, {Key: "brainpoolP512r1"},
		{Key: "RSA-2048"}, {Key: "RSA-2048", Sign: cms.SignOptions{PKCS1: true, Hash: crypto.SHA384}},
		{Key: "P-256", Test: true},
	} {
		name := c.Key
		if c.Sign.PKCS1 {
			name += " PKCS1"
		}
		if c.Test {
			name += " TEST"
		}
		t.Run(name, func(t *testing.T) {
			a := pkitest.NewAuthority(t, c)
			for _, p := range []struct {
				cert *pki.Certificate
				kind lint.Kind
			}{{a.CSCA, lint.CSCA}, {a.DS, lint.DS}} {
				again, err := pki.ParseCertificate(p.cert.Raw)
				if err != nil {
					t.Fatal(err)
				}
				kind, findings := cert.Lint(again.Raw, "")
				if len(again.Deviations) > 0 || kind != p.kind || lint.Worst(findings) > lint.Info {
					t.Errorf("%s, a %s, deviates: %v, %v", p.cert, kind, again.Deviations, findings)
				}
				if c.Test != again.TestMark || c.Test != strings.Contains(again.Subject.CommonName(), "TEST") {
					t.Errorf("%s: TEST mark %v", again.Subject, again.TestMark)
				}
				if again.ExplicitCurve == strings.HasPrefix(c.Key, "RSA") {
					t.Errorf("explicit parameters: %v", again.ExplicitCurve)
				}
			}
			if _, err := a.DS.CheckSignatureFrom(a.CSCA); err != nil {
				t.Error(err)
			}
			if !a.CSCA.SelfSigned() || a.DS.SelfSigned() {
				t.Error("self-signed is told wrongly")
			}
			if got := a.DS.DocumentTypes; len(got) != 1 || got[0] != "I" {
				t.Errorf("document types %v", got)
			}
			if got := a.DS.States; len(got) != 1 || got[0] != "VNM" {
				t.Errorf("states %v", got)
			}
			if !a.DS.PrivateKeyNotAfter.Equal(pkitest.Epoch.AddDate(0, 3, 0)) {
				t.Errorf("private key until %v", a.DS.PrivateKeyNotAfter)
			}
			readWithOpenSSL(t, a)
		})
	}
}

// readWithOpenSSL lets the stock tool read both certificates and verify what it can:
// for EC keys it builds no chain over explicit parameters (error 94), so there the
// CSCA's own signature, and the Document Signer's by itself.
func readWithOpenSSL(t *testing.T, a *pkitest.Authority) {
	t.Helper()
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, err := pkitest.OpenSSL(t, args...)
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
		}
		return out
	}
	csca, ds := pkitest.WriteFile(t, dir, "csca.der", a.CSCA.Raw), pkitest.WriteFile(t, dir, "ds.der", a.DS.Raw)
	text := run("x509", "-inform", "DER", "-in", csca, "-noout", "-text")
	for _, want := range []string{"CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "X509v3 Private Key Usage Period", "DirName:/L=VNM", "Version: 3", "URI:http://csca.example.org/crl"} {
		if !strings.Contains(text, want) {
			t.Errorf("openssl does not show %q in the CSCA certificate:\n%s", want, text)
		}
	}
	if a.CSCA.ExplicitCurve && (!strings.Contains(text, "Cofactor:  1") || !strings.Contains(text, "Field Type: prime-field")) {
		t.Errorf("openssl shows no explicit parameters with cofactor:\n%s", text)
	}
	text = run("x509", "-inform", "DER", "-in", ds, "-noout", "-text")
	for _, want := range []string{"Digital Signature", "2.23.136.1.1.6.2", "X509v3 Issuer Alternative Name", "X509v3 Authority Key Identifier"} {
		if !strings.Contains(text, want) {
			t.Errorf("openssl does not show %q in the DS certificate:\n%s", want, text)
		}
	}
	at := strconv.FormatInt(pkitest.Epoch.AddDate(0, 1, 0).Unix(), 10)
	run("x509", "-inform", "DER", "-in", csca, "-out", dir+"/csca.pem")
	run("x509", "-inform", "DER", "-in", ds, "-out", dir+"/ds.pem")
	if out := run("verify", "-attime", at, "-check_ss_sig", "-CAfile", dir+"/csca.pem", dir+"/csca.pem"); !strings.Contains(out, "OK") {
		t.Error(out)
	}
	if !a.DS.ExplicitCurve {
		if out := run("verify", "-attime", at, "-x509_strict", "-CAfile", dir+"/csca.pem", dir+"/ds.pem"); !strings.Contains(out, "OK") {
			t.Error(out)
		}
		return
	}
	run("x509", "-inform", "DER", "-in", csca, "-pubkey", "-noout", "-out", dir+"/csca.pub")
	hash := map[string]string{"1.2.840.10045.4.3.1": "-sha224", "1.2.840.10045.4.3.2": "-sha256", "1.2.840.10045.4.3.3": "-sha384", "1.2.840.10045.4.3.4": "-sha512"}[a.DS.SignatureAlgorithm.OID]
	if out := run("dgst", hash, "-verify", dir+"/csca.pub", "-signature", pkitest.WriteFile(t, dir, "sig", a.DS.Signature), pkitest.WriteFile(t, dir, "tbs", a.DS.RawTBS)); !strings.Contains(out, "Verified OK") {
		t.Error(out)
	}
}

func TestBuildRefuses(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	good := pki.Subject{CommonName: "CSCA", Email: "a@example.org", CRLURLs: []string{"https://example.org/crl"},
		NotBefore: pkitest.Epoch, NotAfter: pkitest.Epoch.AddDate(10, 0, 0), PrivateKeyNotAfter: pkitest.Epoch.AddDate(3, 0, 0)}
	csca := func(change func(*pki.CSCAOptions)) error {
		o := pki.CSCAOptions{Subject: good, Country: "VN", State: "VNM"}
		change(&o)
		_, err := pki.BuildCSCA(o, a.CSCAKey)
		return err
	}
	ds := func(change func(*pki.DSOptions)) error {
		o := pki.DSOptions{Subject: good, DocumentTypes: []string{"I"}}
		change(&o)
		_, err := pki.BuildDS(o, a.DSKey.Public(), a.CSCA, a.CSCAKey)
		return err
	}
	if err := csca(func(*pki.CSCAOptions) {}); err != nil {
		t.Fatal(err)
	}
	if err := ds(func(*pki.DSOptions) {}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		field string
		err   error
	}{
		{"country", csca(func(o *pki.CSCAOptions) { o.Country = "vn" })},
		{"country", csca(func(o *pki.CSCAOptions) { o.Country = "VNM" })},
		{"state", csca(func(o *pki.CSCAOptions) { o.State = "" })},
		{"common name", csca(func(o *pki.CSCAOptions) { o.CommonName = " " })},
		{"common name", csca(func(o *pki.CSCAOptions) { o.CommonName = "a\x1b[31m" })},
		{"contact", csca(func(o *pki.CSCAOptions) { o.Email = "" })},
		{"contact", csca(func(o *pki.CSCAOptions) { o.Email = "nobody" })},
		{"CRL URL", csca(func(o *pki.CSCAOptions) { o.CRLURLs = nil })},
		{"CRL URL", csca(func(o *pki.CSCAOptions) { o.CRLURLs = []string{"ftp://example.org/crl"} })},
		{"serial", csca(func(o *pki.CSCAOptions) { o.Serial = new(big.Int) })},
		{"serial", csca(func(o *pki.CSCAOptions) { o.Serial = big.NewInt(-5) })},
		{"serial", csca(func(o *pki.CSCAOptions) { o.Serial = new(big.Int).Lsh(big.NewInt(1), 160) })},
		{"validity", csca(func(o *pki.CSCAOptions) { o.PrivateKeyNotAfter = o.NotAfter.Add(time.Hour) })},
		{"validity", csca(func(o *pki.CSCAOptions) { o.NotBefore = o.NotBefore.Add(1) })},
		{"document types", ds(func(o *pki.DSOptions) { o.DocumentTypes = nil })},
		{"document types", ds(func(o *pki.DSOptions) { o.DocumentTypes = []string{"I<"} })},
		{"document types", ds(func(o *pki.DSOptions) { o.DocumentTypes = []string{"P", "P"} })},
		{"not after", ds(func(o *pki.DSOptions) { o.NotAfter = a.CSCA.NotAfter.Add(time.Hour) })},
		{"not before", ds(func(o *pki.DSOptions) { o.NotBefore = a.CSCA.NotBefore.Add(-time.Hour) })},
		{"not before", ds(func(o *pki.DSOptions) {
			o.NotBefore, o.PrivateKeyNotAfter = pkitest.Epoch.AddDate(6, 0, 0), pkitest.Epoch.AddDate(6, 1, 0)
		})},
	} {
		var in *cardprofile.InputError
		if !errors.As(c.err, &in) || in.Field != c.field {
			t.Errorf("%s: got %v", c.field, c.err)
		}
	}
	if _, err := pki.BuildDS(pki.DSOptions{Subject: good, DocumentTypes: []string{"I"}}, a.DSKey.Public(), a.CSCA, a.DSKey); err == nil {
		t.Error("a key that is not the CSCA's signed")
	}
	if err := csca(func(o *pki.CSCAOptions) { o.Sign.Hash = crypto.SHA1 }); err == nil {
		t.Error("SHA-1 was used")
	}
}

func TestSerialsDiffer(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	seen := map[string]bool{}
	for range 20 {
		c := a.NewDS(t, a.DSKey.Public(), func(*pki.DSOptions) {})
		if seen[c.Serial.String()] || c.Serial.Sign() <= 0 || c.Serial.BitLen() < 120 {
			t.Fatalf("serial %x", c.Serial)
		}
		seen[c.Serial.String()] = true
	}
}

func TestTimesAfter2049(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	from := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	c, err := pki.BuildCSCA(pki.CSCAOptions{Country: "VN", State: "VNM", Subject: pki.Subject{CommonName: "CSCA", URL: "https://example.org/",
		CRLURLs: []string{"https://example.org/crl"}, NotBefore: from, NotAfter: from.AddDate(15, 0, 0), PrivateKeyNotAfter: from.AddDate(5, 0, 0)}}, a.CSCAKey)
	if err != nil {
		t.Fatal(err)
	}
	if !c.NotAfter.Equal(from.AddDate(15, 0, 0)) || !strings.Contains(string(c.RawTBS), "20550101000000Z") {
		t.Errorf("ends %v", c.NotAfter)
	}
}

// silentKey must not be asked to sign.
type silentKey struct {
	crypto.Signer
	asked bool
}

func (k *silentKey) Sign(rand io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	k.asked = true
	return k.Signer.Sign(rand, digest, o)
}

// TestNotSigned: a certificate that would break a mandatory rule never reaches the key.
func TestNotSigned(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	key := &silentKey{Signer: a.CSCAKey}
	end := pkitest.Epoch.AddDate(1, 0, 0)
	_, err := pki.BuildDS(pki.DSOptions{DocumentTypes: []string{"I"}, Subject: pki.Subject{
		CommonName: "Document Signer 2", Email: "ds@example.org", NotBefore: pkitest.Epoch, NotAfter: end, PrivateKeyNotAfter: end,
	}}, a.DSKey.Public(), a.CSCA, key)
	if err == nil || !strings.Contains(err.Error(), "cert.lifetime") || key.asked {
		t.Errorf("error %v, key asked %v", err, key.asked)
	}
}
