package pki

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Subject is what a certificate says of its holder and of itself.
type Subject struct {
	Organization string // optional
	CommonName   string
	// Email and URL are contact information; Doc 9303-12 (8th ed.), 7.1.1.2 asks for
	// one of them.
	Email, URL string
	// CRLURLs are where the CSCA's CRL is found: http, https or ldap, one at least.
	CRLURLs []string
	// NotBefore to NotAfter is how long the public key verifies, PrivateKeyNotAfter
	// until when the private key may sign (from NotBefore on). UTC, whole seconds.
	NotBefore, NotAfter, PrivateKeyNotAfter time.Time
	// Serial is positive and has 20 octets at most; nil makes a random one.
	Serial *big.Int
	// Sign chooses the signature algorithm of the issuing key.
	Sign cms.SignOptions
}

// CSCAOptions describes a self-signed CSCA certificate.
type CSCAOptions struct {
	Subject
	Country string // two letters, "VN"
	State   string // the ICAO code as in the MRZ, "VNM"
	// Test puts the TEST mark into the certificate and all that it issues, and
	// "TEST" into the common name.
	Test bool
}

// DSOptions describes a Document Signer certificate.
type DSOptions struct {
	Subject
	// DocumentTypes are the document codes the signer may sign, one or two letters
	// as in the MRZ: "I" stands for every code that begins with it.
	DocumentTypes []string
}

// BuildCSCA makes a self-signed CSCA certificate (Doc 9303-12 (8th ed.), Tables 5
// and 6): EC keys with explicit parameters, every mandatory extension. The result is
// verified and linted before it is returned. Options that cannot be used are a
// *cardprofile.InputError.
func BuildCSCA(o CSCAOptions, key crypto.Signer) (*Certificate, error) {
	if err := checkCSCA(o); err != nil {
		return nil, err
	}
	spki, keyID, err := marshalKey(key.Public())
	if err != nil {
		return nil, err
	}
	alternative := marshalAlternativeName(o.Email, o.URL, o.State)
	name := marshalName(o.Country, o.Organization, testName(o.CommonName, o.Test))
	extensions := [][]byte{
		extensionDER(oidAuthorityKeyID, false, tlv.Encode(0x30, tlv.Encode(0x80, keyID))),
		extensionDER(oidSubjectKeyID, false, tlv.Encode(0x04, keyID)),
		// keyCertSign and cRLSign: bits 5 and 6 (RFC 5280, 4.2.1.3).
		extensionDER(oidKeyUsage, true, []byte{0x03, 0x02, 0x01, 0x06}),
		extensionDER(oidPrivateKeyUsage, false, marshalPeriod(o.NotBefore, o.PrivateKeyNotAfter)),
		extensionDER(oidSubjectAltName, false, alternative),
		extensionDER(oidIssuerAltName, false, alternative),
		extensionDER(oidBasicConstraints, true, tlv.Encode(0x30, []byte{0x01, 0x01, 0xff}, []byte{0x02, 0x01, 0x00})),
		extensionDER(oidCRLPoints, false, marshalCRLPoints(o.CRLURLs)),
	}
	c, err := issue(o.Subject, o.Test, certificateBody{issuer: name, subject: name, spki: spki, extensions: extensions, kind: lint.CSCA}, key, key.Public())
	if err != nil {
		return nil, err
	}
	return checked(c, c)
}

// BuildDS makes a Document Signer certificate for pub, signed by the CSCA whose
// certificate and key are given. Country, State and TEST mark are the CSCA's. The
// result is verified and linted before it is returned.
func BuildDS(o DSOptions, pub crypto.PublicKey, csca *Certificate, key crypto.Signer) (*Certificate, error) {
	if err := checkDS(&o, csca); err != nil {
		return nil, err
	}
	spki, keyID, err := marshalKey(pub)
	if err != nil {
		return nil, err
	}
	issuerNames, ok := csca.extension(oidSubjectAltName)
	if !ok || len(csca.States) == 0 || csca.SubjectKeyID == nil {
		return nil, &cardprofile.InputError{Field: "csca", Problem: "the CSCA certificate lacks the subject key identifier or the alternative name that Doc 9303-12 requires",
			Fix: "make it with chipid pki csca"}
	}
	state := csca.States[0]
	var types [][]byte
	for _, t := range o.DocumentTypes {
		types = append(types, tlv.Encode(tlv.Tag(tagPrintable), []byte(t)))
	}
	sortDER(types)
	extensions := [][]byte{
		extensionDER(oidAuthorityKeyID, false, tlv.Encode(0x30, tlv.Encode(0x80, csca.SubjectKeyID))),
		extensionDER(oidSubjectKeyID, false, tlv.Encode(0x04, keyID)),
		extensionDER(oidKeyUsage, true, []byte{0x03, 0x02, 0x07, 0x80}), // digitalSignature
		extensionDER(oidPrivateKeyUsage, false, marshalPeriod(o.NotBefore, o.PrivateKeyNotAfter)),
		extensionDER(oidSubjectAltName, false, marshalAlternativeName(o.Email, o.URL, state)),
		extensionDER(oidIssuerAltName, false, issuerNames.Value),
		extensionDER(oidCRLPoints, false, marshalCRLPoints(o.CRLURLs)),
		// Doc 9303-12 (8th ed.), 7.1.1.6: version 0 and a SET OF document codes.
		extensionDER(oidDocumentTypes, false, tlv.Encode(0x30, []byte{0x02, 0x01, 0x00}, tlv.Encode(0x31, types...))),
	}
	name := marshalName(csca.Subject.Country(), o.Organization, testName(o.CommonName, csca.TestMark))
	c, err := issue(o.Subject, csca.TestMark, certificateBody{issuer: csca.Subject.Raw, subject: name, spki: spki, extensions: extensions, kind: lint.DS}, key, csca.PublicKey)
	if err != nil {
		return nil, err
	}
	return checked(c, csca)
}

// certificateBody is what differs between kinds of certificates.
type certificateBody struct {
	issuer, subject, spki []byte
	extensions            [][]byte
	kind                  lint.Kind // whose profile it keeps to
}

// issue signs a certificate with key, which must be the private half of signer. The
// conformance rules are asked before the key is: what breaks one is not signed.
func issue(o Subject, test bool, b certificateBody, key crypto.Signer, signer crypto.PublicKey) (*Certificate, error) {
	tbs, signing, err := assemble(o, test, b, signer)
	if err != nil {
		return nil, err
	}
	// No rule looks at the signature's value, so any stands in for it.
	if err := conforms(tlv.Encode(0x30, tbs, signing.Algorithm, tlv.Encode(0x03, []byte{0, 0})), b.kind); err != nil {
		return nil, err
	}
	return signCertificate(tbs, signing, key)
}

// assemble makes the part of a certificate that is signed.
func assemble(o Subject, test bool, b certificateBody, signer crypto.PublicKey) ([]byte, *cms.Signing, error) {
	signing, err := cms.ChooseSigning(signer, o.Sign)
	if err != nil {
		return nil, nil, err
	}
	serial := o.Serial
	if serial == nil {
		if serial, err = newSerial(); err != nil {
			return nil, nil, err
		}
	}
	if test {
		b.extensions = append(b.extensions, extensionDER(OIDTestMark, false, tlv.Encode(tlv.Tag(tagUTF8String), []byte("TEST"))))
	}
	return tlv.Encode(0x30,
		tlv.Encode(0xa0, []byte{0x02, 0x01, 0x02}), // v3
		marshalInteger(serial),
		signing.Algorithm,
		b.issuer,
		tlv.Encode(0x30, marshalTime(o.NotBefore), marshalTime(o.NotAfter)),
		b.subject,
		b.spki,
		tlv.Encode(0xa3, tlv.Encode(0x30, b.extensions...))), signing, nil
}

func signCertificate(tbs []byte, signing *cms.Signing, key crypto.Signer) (*Certificate, error) {
	sig, err := signing.Sign(key, tbs)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return ParseCertificate(tlv.Encode(0x30, tbs, signing.Algorithm, tlv.Encode(0x03, []byte{0}, sig)))
}

// conforms puts the conformance rules of its kind to a certificate; the first breach
// of a mandatory one is the error.
func conforms(der []byte, kind lint.Kind) error {
	_, findings := cert.Lint(der, kind)
	for _, f := range findings {
		if f.Severity == lint.Error {
			return fmt.Errorf("pki: the certificate would not keep to its profile: %s: %s: %s (%s, %s)", f.Where, f.Title.EN, f.Text, f.Rule, f.Citation)
		}
	}
	return nil
}

// checked verifies and reads an own certificate before anybody gets it.
func checked(c, issuer *Certificate) (*Certificate, error) {
	if _, err := c.CheckSignatureFrom(issuer); err != nil {
		return nil, fmt.Errorf("pki: the certificate made does not verify: %w", err)
	}
	if len(c.Deviations) > 0 {
		return nil, fmt.Errorf("pki: the certificate made does not keep to its profile: %s", c.Deviations[0])
	}
	return c, nil
}

// newSerial is 16 random octets, positive, with the first one never zero, so that
// CSCAs that never met do not meet in a serial number either.
func newSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b), nil
}

// testName makes TEST visible to people, whatever tool they look with.
func testName(name string, test bool) string {
	if test && !strings.Contains(name, "TEST") {
		return "TEST " + name
	}
	return name
}

func sortDER(parts [][]byte) {
	for i := range parts {
		for j := i; j > 0 && bytes.Compare(parts[j-1], parts[j]) > 0; j-- {
			parts[j-1], parts[j] = parts[j], parts[j-1]
		}
	}
}
