package pki

import (
	"crypto"
	"crypto/rsa"
	"fmt"

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
	sig, err := signing.Sign(key, tbs)
	if err != nil {
		return nil, nil, fmt.Errorf("pki: sign bundle signer: %w", err)
	}
	signer, err := ParseCertificate(tlv.Encode(0x30, tbs, signing.Algorithm, tlv.Encode(0x03, []byte{0}, sig)))
	if err != nil {
		return nil, nil, err
	}
	message, finish, err := signedBody{contentType: OIDTrustBundle, content: content, at: o.Issued, keyID: keyID, certificates: [][]byte{signer.Raw}}.layOut(signing)
	if err != nil {
		return nil, nil, err
	}
	if sig, err = signing.Sign(key, message); err != nil {
		return nil, nil, fmt.Errorf("pki: sign bundle: %w", err)
	}
	der := finish(sig)
	// What terminals will do first.
	if _, err := readBundle(der); err != nil {
		return nil, nil, fmt.Errorf("pki: the bundle made cannot be read: %w", err)
	}
	return der, signer, nil
}
