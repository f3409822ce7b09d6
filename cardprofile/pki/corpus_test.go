package pki_test

import (
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// TestCorpusLists reads every public master list and every certificate in it, and
// verifies every list and every self-signature.
func TestCorpusLists(t *testing.T) {
	want := map[string]struct{ certificates, selfSigned int }{
		"DE_ML_2024-08-07.ml": {541, 358},
		"DE_ML_2026-05-28.ml": {588, 375},
		"NL_ML_2026-07-22.ml": {411, 411},
	}
	for _, path := range pkitest.Files(t, "masterlists") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			m, err := pki.ParseMasterList(pkitest.Read(t, path))
			if err != nil {
				t.Fatal(err)
			}
			signer, err := m.Verify(nil)
			if err != nil {
				t.Fatal(err)
			}
			if signer.Anchored() || signer.SigningTime().IsZero() || len(m.Deviations)+len(signer.Deviations()) > 0 {
				t.Errorf("anchored %v, signed %v, %v %v", signer.Anchored(), signer.SigningTime(), m.Deviations, signer.Deviations())
			}
			if anchored, err := m.Verify([]*pki.Certificate{signer.CSCA()}); err != nil || !anchored.Anchored() {
				t.Errorf("with its CSCA as anchor: %v", err)
			}
			self, issuedIn := 0, 0
			all := make([]*pki.Certificate, 0, len(m.Certificates))
			for _, raw := range m.Certificates {
				c, err := pki.ParseCertificate(raw)
				if err != nil {
					t.Errorf("a certificate cannot be read: %v", err)
					continue
				}
				if c.PublicKey == nil {
					t.Errorf("%s: %v", c, c.KeyError)
				}
				all = append(all, c)
			}
			for _, c := range all {
				if c.SelfSigned() {
					self++
					continue
				}
				for _, ca := range all {
					if string(ca.SubjectKeyID) == string(c.AuthorityKeyID) {
						if _, err := c.CheckSignatureFrom(ca); err == nil {
							issuedIn++
							break
						}
					}
				}
			}
			w, ok := want[filepath.Base(path)]
			if ok && (len(all) != w.certificates || self != w.selfSigned) {
				t.Errorf("%d certificates, %d of them rightly self-signed; want %d and %d", len(all), self, w.certificates, w.selfSigned)
			}
			t.Logf("%d certificates: %d self-signed, %d links to one in the list, %d links to one that is not", len(all), self, issuedIn, len(all)-self-issuedIn)
		})
	}
}

func TestCorpusCRLs(t *testing.T) {
	store := pki.NewStore(false)
	pkitest.ImportCorpus(t, store)
	for _, path := range pkitest.Files(t, "crl") {
		b := pkitest.Read(t, path)
		l, err := pki.ParseCRL(b)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if l.Number == nil || l.NextUpdate.Before(l.ThisUpdate) || l.AuthorityKeyID == nil {
			t.Errorf("%s: number %v, from %v to %v", path, l.Number, l.ThisUpdate, l.NextUpdate)
		}
		// The CSCA that signed it is in the lists.
		if r, err := store.Import(filepath.Base(path), b, pki.ImportOptions{}); err != nil || r.CRLs != 1 {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
	}
}
