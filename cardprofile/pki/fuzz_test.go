package pki_test

import (
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
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

func FuzzDeviationList(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	f.Add(a.DeviationList(f, inspected, pkitest.DefectEntry(pki.DefectDGHashWrong, "see our page", []byte{2, 1, 2}, tlv.Encode(0x80, []byte("I<")), tlv.Encode(0x82, a.DS.SubjectKeyID))))
	f.Add(a.DeviationList(f, inspected, pkitest.DefectEntry(pki.DefectChip, "", nil, tlv.Encode(0xa5, tlv.Encode(0x13, []byte("C7")), tlv.Encode(0x13, []byte("A12"))))))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := pki.ParseDeviationList(b)
		if err != nil {
			return
		}
		for _, d := range l.Defects {
			for _, x := range d.Descriptions {
				_ = fmt.Sprint(x, x.Covers("sod.signature"))
			}
		}
		if s, err := l.Verify([]*pki.Certificate{a.CSCA}); err == nil && s.CSCA().Fingerprint() != a.CSCA.Fingerprint() {
			t.Error("a signer was accepted that the anchor did not issue")
		}
		_, _ = l.Verify(nil)
	})
}

func FuzzLDIF(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	f.Add("version: 1\n\n" + pkitest.LDIFRecord(1, pkitest.LDIFValue("userCertificate;binary", a.DS.Raw)))
	f.Add("dn: cn=1\nchangetype: modify\nreplace: userCertificate;binary\nuserCertificate;binary:: MAA=\n-\ndelete: x\n-\n\ndn:: Y249Mg==\n# a\n  comment\npkdMasterListContent:< file:///x\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := pki.NewStore(false)
		r, err := s.Import("fuzz.ldif", []byte("version: 1\n"+text), pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}})
		if err == nil && r.Added+r.Known+r.CRLs == 0 {
			t.Errorf("nothing came of it, and no error: %+v", r)
		}
		for _, e := range s.Entries() {
			if e.Kind == pki.KindCSCA && e.SHA256 != a.CSCA.Fingerprint() {
				t.Error("a CSCA came in that no signed list and no operator vouched for")
			}
		}
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
