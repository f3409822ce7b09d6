package pki_test

import (
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

func FuzzCertificate(f *testing.F) {
	a, r := pkitest.NewAuthority(f, pkitest.Options{Key: "brainpoolP256r1", Test: true}), pkitest.NewAuthority(f, pkitest.Options{Key: "RSA-2048"})
	for _, c := range []*pki.Certificate{a.CSCA, a.DS, r.CSCA, r.DS} {
		f.Add(c.Raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := pki.ParseCertificate(b)
		if err != nil {
			return
		}
		if c.Serial == nil || (c.PublicKey == nil) == (c.KeyError == nil) {
			t.Error("a certificate without serial number, or with a key and a key error")
		}
		_ = fmt.Sprint(c, c.Subject, c.Deviations, c.SelfSigned(), c.MayIssueDocuments())
	})
}

func FuzzCRL(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	f.Add(a.CRL(f, inspected, inspected.AddDate(0, 3, 0), a.DS.Serial))
	f.Add(a.CRL(f, inspected, inspected.AddDate(0, 3, 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := pki.ParseCRL(b)
		if err != nil {
			return
		}
		_, listed := l.Revoked(a.DS.Serial)
		_, err = l.CheckSignatureFrom(a.CSCA)
		_ = fmt.Sprint(l.Issuer, l.Deviations, listed, err, l.Len())
	})
}

func FuzzMasterList(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	f.Add(a.MasterList(f, a.CSCA))
	f.Add(a.MasterList(f, a.CSCA, a.DS))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := pki.ParseMasterList(b)
		if err != nil {
			return
		}
		if s, err := m.Verify([]*pki.Certificate{a.CSCA}); err == nil && s.Certificate().Fingerprint() != a.CSCA.Fingerprint() {
			t.Error("a signer was accepted that the anchor did not issue")
		}
		_, _ = m.Verify(nil)
	})
}

func FuzzImport(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	f.Add(a.CSCA.Raw)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Add(a.MasterList(f, a.CSCA))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = pki.NewStore(false).Import("fuzz", b, pki.ImportOptions{})
	})
}
