package pki

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
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
	// NameChanged says that the CSCA had another name before (Doc 9303-12 (8th ed.),
	// 7.1.1.5); the link certificate tells which.
	NameChanged bool
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

// PrepareCSCA decides and checks everything about a self-signed CSCA certificate (Doc
// 9303-12 (8th ed.), Tables 5 and 6) for the key pub: EC keys with explicit parameters,
// every mandatory extension. Options that cannot be used are a
// *cardprofile.InputError.
func PrepareCSCA(o CSCAOptions, pub crypto.PublicKey) (*Prepared, error) {
	if err := checkCSCA(o); err != nil {
		return nil, err
	}
	spki, keyID, err := marshalKey(pub)
	if err != nil {
		return nil, err
	}
	alternative := marshalAlternativeName(o.Email, o.URL, o.State)
	name := marshalName(o.Country, o.Organization, testName(o.CommonName, o.Test))
	extensions := append(authorityExtensions(keyID, keyID, marshalPeriod(o.NotBefore, o.PrivateKeyNotAfter), o.CRLURLs),
		extensionDER(oidSubjectAltName, false, alternative),
		extensionDER(oidIssuerAltName, false, alternative))
	if o.NameChanged {
		extensions = append(extensions, extensionDER(oidNameChange, false, []byte{0x05, 0x00}))
	}
	return prepareCertificate(o.Subject, o.Test, certificateBody{issuer: name, subject: name, spki: spki, extensions: extensions, kind: lint.CSCA}, pub, nil)
}

// authorityExtensions are those of CSCA and link certificates alike (Doc 9303-12 (8th
// ed.), Table 6).
func authorityExtensions(issuerKeyID, keyID, period []byte, crlURLs []string) [][]byte {
	return [][]byte{
		extensionDER(oidAuthorityKeyID, false, tlv.Encode(0x30, tlv.Encode(0x80, issuerKeyID))),
		extensionDER(oidSubjectKeyID, false, tlv.Encode(0x04, keyID)),
		// keyCertSign and cRLSign: bits 5 and 6 (RFC 5280, 4.2.1.3).
		extensionDER(oidKeyUsage, true, []byte{0x03, 0x02, 0x01, 0x06}),
		extensionDER(oidPrivateKeyUsage, false, period),
		extensionDER(oidBasicConstraints, true, tlv.Encode(0x30, []byte{0x01, 0x01, 0xff}, []byte{0x02, 0x01, 0x00})),
		extensionDER(oidCRLPoints, false, marshalCRLPoints(crlURLs)),
	}
}

// BuildCSCA makes a self-signed CSCA certificate: PrepareCSCA, signed with key.
func BuildCSCA(o CSCAOptions, key crypto.Signer) (*Certificate, error) {
	p, err := PrepareCSCA(o, key.Public())
	if err != nil {
		return nil, err
	}
	return p.IssueCertificate(context.Background(), key)
}

// PrepareDS decides and checks everything about a Document Signer certificate for pub
// that the CSCA will sign. Country, State and TEST mark are the CSCA's.
func PrepareDS(o DSOptions, pub crypto.PublicKey, csca *Certificate) (*Prepared, error) {
	if err := checkDS(&o, csca); err != nil {
		return nil, err
	}
	var types [][]byte
	for _, t := range o.DocumentTypes {
		types = append(types, tlv.Encode(tlv.Tag(tagPrintable), []byte(t)))
	}
	sortDER(types)
	// Doc 9303-12 (8th ed.), 7.1.1.6: version 0 and a SET OF document codes.
	return prepareSigner(o.Subject, pub, csca, lint.DS,
		extensionDER(oidDocumentTypes, false, tlv.Encode(0x30, []byte{0x02, 0x01, 0x00}, tlv.Encode(0x31, types...))))
}

// prepareSigner is what the certificates of signers under a CSCA have in common; more
// are the extensions that tell their kinds apart.
func prepareSigner(o Subject, pub crypto.PublicKey, csca *Certificate, kind lint.Kind, more ...[]byte) (*Prepared, error) {
	spki, keyID, err := marshalKey(pub)
	if err != nil {
		return nil, err
	}
	issuerNames, ok := csca.extension(oidSubjectAltName)
	if !ok || len(csca.States) == 0 || csca.SubjectKeyID == nil {
		return nil, badOption("csca", "lacks the subject key identifier or the alternative name that Doc 9303-12 requires", "make it with chipid pki csca")
	}
	extensions := append([][]byte{
		extensionDER(oidAuthorityKeyID, false, tlv.Encode(0x30, tlv.Encode(0x80, csca.SubjectKeyID))),
		extensionDER(oidSubjectKeyID, false, tlv.Encode(0x04, keyID)),
		extensionDER(oidKeyUsage, true, []byte{0x03, 0x02, 0x07, 0x80}), // digitalSignature
		extensionDER(oidPrivateKeyUsage, false, marshalPeriod(o.NotBefore, o.PrivateKeyNotAfter)),
		extensionDER(oidSubjectAltName, false, marshalAlternativeName(o.Email, o.URL, csca.States[0])),
		extensionDER(oidIssuerAltName, false, issuerNames.Value),
		extensionDER(oidCRLPoints, false, marshalCRLPoints(o.CRLURLs)),
	}, more...)
	name := marshalName(csca.Subject.Country(), o.Organization, testName(o.CommonName, csca.TestMark))
	return prepareCertificate(o, csca.TestMark, certificateBody{issuer: csca.Subject.Raw, subject: name, spki: spki, extensions: extensions, kind: kind}, csca.PublicKey, csca)
}

// BuildDS makes a Document Signer certificate for pub, signed by the CSCA whose
// certificate and key are given: PrepareDS, signed with key.
func BuildDS(o DSOptions, pub crypto.PublicKey, csca *Certificate, key crypto.Signer) (*Certificate, error) {
	p, err := PrepareDS(o, pub, csca)
	if err != nil {
		return nil, err
	}
	return p.IssueCertificate(context.Background(), key)
}

// certificateBody is what differs between kinds of certificates.
type certificateBody struct {
	issuer, subject, spki []byte
	extensions            [][]byte
	kind                  lint.Kind // whose profile it keeps to
}

// prepareCertificate lays out a certificate that the private half of signer will
// sign; issuer is nil for a self-signed one.
func prepareCertificate(o Subject, test bool, b certificateBody, signer crypto.PublicKey, issuer *Certificate) (*Prepared, error) {
	tbs, signing, err := assemble(o, test, b, signer)
	if err != nil {
		return nil, err
	}
	p := &Prepared{kind: b.kind, message: tbs, signing: signing,
		finish: func(signature []byte) []byte {
			return tlv.Encode(0x30, tbs, signing.Algorithm, tlv.Encode(0x03, []byte{0}, signature))
		},
		check: func(der []byte) error {
			c, err := ParseCertificate(der)
			if err != nil {
				return err
			}
			from := issuer
			if from == nil {
				from = c
			}
			return checked(c, from)
		}}
	return p.prepared()
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

// checked verifies an own certificate before anybody gets it.
func checked(c, issuer *Certificate) error {
	if _, err := c.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	if len(c.Deviations) > 0 {
		return errors.New(c.Deviations[0].Text)
	}
	return nil
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

// sortDER puts the elements of a SET OF in the order of DER.
func sortDER(parts [][]byte) { slices.SortFunc(parts, bytes.Compare) }
