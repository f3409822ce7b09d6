package pki

import (
	"bytes"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// signedBody is a SignedData with one signer, who is named by key identifier (RFC
// 5652, 5; Doc 9303-12 (8th ed.), Tables 18 and 19).
type signedBody struct {
	contentType  string // dotted
	content      []byte // in DER
	at           time.Time
	keyID        []byte   // the signer's subjectKeyIdentifier
	certificates [][]byte // the signer's, and those a verifier wants beside it
}

// layOut returns what is to be signed, the signed attributes as a SET, and what makes
// the object of it with the signature.
func (b signedBody) layOut(signing *cms.Signing) (message []byte, finish func(signature []byte) []byte, err error) {
	digest, err := cms.MarshalDigest(signing.Hash)
	if err != nil {
		return nil, nil, err
	}
	h := signing.Hash.New()
	h.Write(b.content)
	attribute := func(id string, value []byte) []byte {
		return tlv.Encode(0x30, cms.MarshalOID(id), tlv.Encode(0x31, value))
	}
	// RFC 5652, 11.1 to 11.3.
	attributes := [][]byte{
		attribute("1.2.840.113549.1.9.3", cms.MarshalOID(b.contentType)),
		attribute("1.2.840.113549.1.9.4", tlv.Encode(0x04, h.Sum(nil))),
		attribute("1.2.840.113549.1.9.5", marshalTime(b.at)),
	}
	sortDER(attributes)
	message = tlv.Encode(0x31, attributes...)
	implicit := slices.Clone(message)
	implicit[0] = 0xa0
	certificates := slices.Clone(b.certificates)
	slices.SortFunc(certificates, bytes.Compare)
	return message, func(signature []byte) []byte {
		return tlv.Encode(0x30, cms.MarshalOID(cms.OIDSignedData), tlv.Encode(0xa0, tlv.Encode(0x30,
			[]byte{0x02, 0x01, 0x03},
			tlv.Encode(0x31, digest),
			tlv.Encode(0x30, cms.MarshalOID(b.contentType), tlv.Encode(0xa0, tlv.Encode(0x04, b.content))),
			tlv.Encode(0xa0, certificates...),
			tlv.Encode(0x31, tlv.Encode(0x30, []byte{0x02, 0x01, 0x03}, tlv.Encode(0x80, b.keyID), digest, implicit, signing.Algorithm, tlv.Encode(0x04, signature))))))
	}, nil
}
