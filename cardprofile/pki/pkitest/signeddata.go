package pkitest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// SignedOptions varies what Sign makes; the zero value is a correct object.
type SignedOptions struct {
	ContentType  string    // "" is EF.SOD's
	SigningTime  time.Time // zero leaves the attribute out
	KeyID        bool      // name the signer by subjectKeyIdentifier
	Certificates []*pki.Certificate
	Sign         cms.SignOptions
	// Attributes replaces the DER of the signed attributes, sorted already.
	Attributes func([][]byte) [][]byte
	// Unsigned goes behind the signature, as the element it is.
	Unsigned []byte
	// Issuer replaces the issuer's name in the signer identifier.
	Issuer []byte
}

// Sign makes a SignedData over content with the authority's Document Signer, for
// tests that need one that the issuing code would refuse to make.
func (a *Authority) Sign(tb testing.TB, content []byte, o SignedOptions) []byte {
	tb.Helper()
	if o.ContentType == "" {
		o.ContentType = cms.OIDLDSSecurityObject
	}
	if o.Certificates == nil {
		o.Certificates = []*pki.Certificate{a.DS}
	}
	if o.Issuer == nil {
		o.Issuer = a.DS.Issuer.Raw
	}
	signing, err := cms.ChooseSigning(a.DSKey.Public(), o.Sign)
	if err != nil {
		tb.Fatal(err)
	}
	digest, err := cms.MarshalDigest(signing.Hash)
	if err != nil {
		tb.Fatal(err)
	}
	h := signing.Hash.New()
	h.Write(content)
	attribute := func(id string, value []byte) []byte {
		return tlv.Encode(0x30, cms.MarshalOID(id), tlv.Encode(0x31, value))
	}
	attrs := [][]byte{
		attribute("1.2.840.113549.1.9.3", cms.MarshalOID(o.ContentType)),
		attribute("1.2.840.113549.1.9.4", tlv.Encode(0x04, h.Sum(nil))),
	}
	if !o.SigningTime.IsZero() {
		attrs = append(attrs, attribute("1.2.840.113549.1.9.5", tlv.Encode(0x17, []byte(o.SigningTime.UTC().Format("060102150405Z")))))
	}
	slices.SortFunc(attrs, bytes.Compare)
	if o.Attributes != nil {
		attrs = o.Attributes(attrs)
	}
	sid, version := tlv.Encode(0x30, o.Issuer, integer(a.DS.Serial)), byte(1)
	if o.KeyID {
		sid, version = tlv.Encode(0x80, a.DS.SubjectKeyID), 3
	}
	signed := tlv.Encode(0x31, attrs...)
	sig := sign(tb, signing, a.DSKey, signed)
	signed[0] = 0xa0
	var certs [][]byte
	for _, c := range o.Certificates {
		certs = append(certs, c.Raw)
	}
	return tlv.Encode(0x30, cms.MarshalOID(cms.OIDSignedData), tlv.Encode(0xa0, tlv.Encode(0x30,
		[]byte{0x02, 0x01, 0x03},
		tlv.Encode(0x31, digest),
		tlv.Encode(0x30, cms.MarshalOID(o.ContentType), tlv.Encode(0xa0, tlv.Encode(0x04, content))),
		tlv.Encode(0xa0, certs...),
		tlv.Encode(0x31, tlv.Encode(0x30, []byte{0x02, 0x01, version}, sid, digest, signed, signing.Algorithm, tlv.Encode(0x04, sig), o.Unsigned)))))
}

// MasterList makes a master list of certificates. The CSCA signs it itself, which is
// read with a deviation.
func (a *Authority) MasterList(tb testing.TB, certs ...*pki.Certificate) []byte {
	tb.Helper()
	return (&Authority{DS: a.CSCA, DSKey: a.CSCAKey}).MasterListOfDS(tb, certs...)
}

// MasterListOfDS is a master list that the Document Signer signed, which it must not.
func (a *Authority) MasterListOfDS(tb testing.TB, certs ...*pki.Certificate) []byte {
	tb.Helper()
	return a.masterList(tb, []*pki.Certificate{a.DS}, certs)
}
