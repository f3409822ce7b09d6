package pkitest

import (
	"bytes"
	"crypto/sha1"
	"math/big"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// ListSigner makes a signer of lists under the authority's CSCA: its DS is the list
// signer's certificate, with the extended key usage given.
func (a *Authority) ListSigner(tb testing.TB, usage string) *Authority {
	tb.Helper()
	key := Key(tb, "P-256")
	pub, err := ecc.FromPublic(key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	spki, err := ecc.MarshalSPKI(pub, true)
	if err != nil {
		tb.Fatal(err)
	}
	id := sha1.Sum(pub.Bytes())
	extension := func(oid string, critical bool, value []byte) []byte {
		parts := [][]byte{cms.MarshalOID(oid)}
		if critical {
			parts = append(parts, []byte{0x01, 0x01, 0xff})
		}
		return tlv.Encode(0x30, append(parts, tlv.Encode(0x04, value))...)
	}
	extensions := [][]byte{
		extension("2.5.29.35", false, tlv.Encode(0x30, tlv.Encode(0x80, a.CSCA.SubjectKeyID))),
		extension("2.5.29.14", false, tlv.Encode(0x04, id[:])),
		extension("2.5.29.15", true, []byte{0x03, 0x02, 0x07, 0x80}),
		extension("2.5.29.37", true, tlv.Encode(0x30, cms.MarshalOID(usage))),
	}
	if a.CSCA.TestMark {
		extensions = append(extensions, extension(pki.OIDTestMark, false, tlv.Encode(0x0c, []byte("TEST"))))
	}
	name := tlv.Encode(0x30,
		tlv.Encode(0x31, tlv.Encode(0x30, cms.MarshalOID("2.5.4.6"), tlv.Encode(0x13, []byte(a.CSCA.Subject.Country())))),
		tlv.Encode(0x31, tlv.Encode(0x30, cms.MarshalOID("2.5.4.3"), tlv.Encode(0x0c, []byte("List Signer")))))
	c, err := pki.ParseCertificate(a.certificate(tb, big.NewInt(4711), name, spki, extensions))
	if err != nil {
		tb.Fatal(err)
	}
	return &Authority{CSCA: a.CSCA, CSCAKey: a.CSCAKey, DS: c, DSKey: key}
}

// certificate signs a certificate with the CSCA's key, whatever is in it.
func (a *Authority) certificate(tb testing.TB, serial *big.Int, subject, spki []byte, extensions [][]byte) []byte {
	tb.Helper()
	signing, err := cms.ChooseSigning(a.CSCA.PublicKey, cms.SignOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	moment := func(t time.Time) []byte { return tlv.Encode(0x17, []byte(t.UTC().Format("060102150405Z"))) }
	tbs := tlv.Encode(0x30, []byte{0xa0, 0x03, 0x02, 0x01, 0x02}, integer(serial), signing.Algorithm, a.CSCA.Subject.Raw,
		tlv.Encode(0x30, moment(Epoch), moment(Epoch.AddDate(2, 0, 0))), subject, spki, tlv.Encode(0xa3, tlv.Encode(0x30, extensions...)))
	return tlv.Encode(0x30, tbs, signing.Algorithm, tlv.Encode(0x03, []byte{0}, sign(tb, signing, a.CSCAKey, tbs)))
}

// Link makes a link certificate: the key of next under its name, signed by a's CSCA.
func (a *Authority) Link(tb testing.TB, next *Authority) *pki.Certificate {
	tb.Helper()
	var extensions [][]byte
	for _, e := range next.CSCA.Extensions {
		value := e.Value
		if e.ID == "2.5.29.35" {
			value = tlv.Encode(0x30, tlv.Encode(0x80, a.CSCA.SubjectKeyID))
		}
		parts := [][]byte{cms.MarshalOID(e.ID)}
		if e.Critical {
			parts = append(parts, []byte{0x01, 0x01, 0xff})
		}
		extensions = append(extensions, tlv.Encode(0x30, append(parts, tlv.Encode(0x04, value))...))
	}
	c, err := pki.ParseCertificate(a.certificate(tb, big.NewInt(99), next.CSCA.Subject.Raw, next.CSCA.RawSPKI, extensions))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// SignedMasterList is a master list as the standard wants it, signed by a list
// signer and with its CSCA beside it.
func (a *Authority) SignedMasterList(tb testing.TB, certs ...*pki.Certificate) []byte {
	tb.Helper()
	s := a.ListSigner(tb, pki.OIDMasterListSigner)
	return s.masterList(tb, []*pki.Certificate{s.DS, s.CSCA}, certs)
}

// masterList signs a master list; beside are the certificates of its CMS.
func (a *Authority) masterList(tb testing.TB, beside, certs []*pki.Certificate) []byte {
	tb.Helper()
	var listed [][]byte
	for _, c := range certs {
		listed = append(listed, c.Raw)
	}
	slices.SortFunc(listed, bytes.Compare)
	content := tlv.Encode(0x30, []byte{0x02, 0x01, 0x00}, tlv.Encode(0x31, listed...))
	return a.Sign(tb, content, SignedOptions{ContentType: cms.OIDMasterList, KeyID: true, SigningTime: Epoch.AddDate(0, 0, 1), Certificates: beside})
}

// DeviationList signs a deviation list of the authority's State; entries are its
// Deviation elements in DER.
func (a *Authority) DeviationList(tb testing.TB, at time.Time, entries ...[]byte) []byte {
	tb.Helper()
	s := a.ListSigner(tb, pki.OIDDeviationListSigner)
	content := tlv.Encode(0x30, []byte{0x02, 0x01, 0x00}, tlv.Encode(0x31, entries...))
	return s.Sign(tb, content, SignedOptions{ContentType: cms.OIDDeviationList, KeyID: true, SigningTime: at, Certificates: []*pki.Certificate{s.DS, s.CSCA}})
}

// DefectEntry is one Deviation element: documents holds the fields of
// DeviationDocuments, parameters the DER of the parameters or nothing.
func DefectEntry(kind, text string, parameters []byte, documents ...[]byte) []byte {
	var parts [][]byte
	if text != "" {
		parts = append(parts, tlv.Encode(0x13, []byte(text)))
	}
	parts = append(parts, cms.MarshalOID(kind))
	if parameters != nil {
		parts = append(parts, tlv.Encode(0xa0, parameters))
	}
	return tlv.Encode(0x30, tlv.Encode(0x30, documents...), tlv.Encode(0x31, tlv.Encode(0x30, parts...)))
}

// Confirmed are the options of an operator who has compared the fingerprint of the
// CSCA that a master list brings for its signer.
func Confirmed(tb testing.TB, list []byte) pki.ImportOptions {
	tb.Helper()
	m, err := pki.ParseMasterList(list)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := m.Verify(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return pki.ImportOptions{Confirm: []string{s.CSCA().Fingerprint()}}
}

// ImportCorpus imports the public master lists into a store, each confirmed.
func ImportCorpus(tb testing.TB, s *pki.Store) {
	tb.Helper()
	for _, path := range Files(tb, "masterlists") {
		b := Read(tb, path)
		if _, err := s.Import(filepath.Base(path), b, Confirmed(tb, b)); err != nil {
			tb.Fatal(err)
		}
	}
}
