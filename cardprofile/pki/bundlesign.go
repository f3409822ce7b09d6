package pki

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// KeyFingerprint is the SHA-256, in hexadecimal, of a public key's
// SubjectPublicKeyInfo with the curve by name, as stock tools write it.
func KeyFingerprint(pub crypto.PublicKey) (string, error) {
	spki, err := plainSPKI(pub)
	if err != nil {
		return "", err
	}
	return fingerprint(spki), nil
}

func plainSPKI(pub crypto.PublicKey) ([]byte, error) {
	if _, ok := pub.(*rsa.PublicKey); ok {
		spki, _, err := marshalKey(pub)
		return spki, err
	}
	key, err := ecc.FromPublic(pub)
	if err != nil {
		return nil, fmt.Errorf("pki: a bundle's key is RSA or on a known curve: %w", err)
	}
	return ecc.MarshalSPKI(key, false)
}

// signBundle makes the SignedData, with a certificate for the key.
func signBundle(content []byte, key crypto.Signer, o ExportOptions, test bool) ([]byte, *Certificate, error) {
	pub := key.Public()
	spki, err := plainSPKI(pub)
	if err != nil {
		return nil, nil, err
	}
	_, keyID, err := marshalKey(pub)
	if err != nil {
		return nil, nil, err
	}
	name := tlv.Encode(0x30, tlv.Encode(0x31, tlv.Encode(0x30, cms.MarshalOID(oidCommonName),
		tlv.Encode(tlv.Tag(tagUTF8String), []byte(testName("Trust bundle signer", test))))))
	// No document rests on this certificate, so it is not held to the profiles of Doc
	// 9303-12: it carries the key, and its extended key usage keeps it to bundles.
	tbs, signing, err := assemble(Subject{NotBefore: o.Issued, NotAfter: o.Expires, Sign: o.Sign}, test, certificateBody{issuer: name, subject: name, spki: spki, extensions: [][]byte{
		extensionDER(oidSubjectKeyID, false, tlv.Encode(0x04, keyID)),
		extensionDER(oidKeyUsage, true, []byte{0x03, 0x02, 0x07, 0x80}), // digitalSignature
		extensionDER(oidExtKeyUsage, true, tlv.Encode(0x30, cms.MarshalOID(OIDTrustBundle))),
	}}, pub)
	if err != nil {
		return nil, nil, err
	}
	signer, err := signCertificate(tbs, signing, key)
	if err != nil {
		return nil, nil, err
	}
	digest, err := cms.MarshalDigest(signing.Hash)
	if err != nil {
		return nil, nil, err
	}
	h := signing.Hash.New()
	h.Write(content)
	attribute := func(id string, value []byte) []byte {
		return tlv.Encode(0x30, cms.MarshalOID(id), tlv.Encode(0x31, value))
	}
	// RFC 5652, 11.1 to 11.3.
	attributes := [][]byte{
		attribute("1.2.840.113549.1.9.3", cms.MarshalOID(OIDTrustBundle)),
		attribute("1.2.840.113549.1.9.4", tlv.Encode(0x04, h.Sum(nil))),
		attribute("1.2.840.113549.1.9.5", marshalTime(o.Issued)),
	}
	slices.SortFunc(attributes, bytes.Compare)
	signed := tlv.Encode(0x31, attributes...)
	signature, err := signing.Sign(key, signed)
	if err != nil {
		return nil, nil, fmt.Errorf("pki: sign bundle: %w", err)
	}
	signed[0] = 0xa0
	der := tlv.Encode(0x30, cms.MarshalOID(cms.OIDSignedData), tlv.Encode(0xa0, tlv.Encode(0x30,
		[]byte{0x02, 0x01, 0x03},
		tlv.Encode(0x31, digest),
		tlv.Encode(0x30, cms.MarshalOID(OIDTrustBundle), tlv.Encode(0xa0, tlv.Encode(0x04, content))),
		tlv.Encode(0xa0, signer.Raw),
		tlv.Encode(0x31, tlv.Encode(0x30, []byte{0x02, 0x01, 0x03}, tlv.Encode(0x80, keyID), digest, signed, signing.Algorithm, tlv.Encode(0x04, signature))))))
	// What terminals will do first.
	if _, err := readBundle(der); err != nil {
		return nil, nil, fmt.Errorf("pki: the bundle made cannot be read: %w", err)
	}
	return der, signer, nil
}
