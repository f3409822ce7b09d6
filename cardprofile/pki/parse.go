package pki

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"crypto/rsa"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// MaxCertificate bounds a certificate that is read, in bytes; the longest in
// circulation have some three thousand.
const MaxCertificate = 64 << 10

const maxExtensions = 128

// notes collects deviations under one place.
type notes struct {
	where string
	list  []cardprofile.Deviation
}

func (n *notes) note(rule, format string, args ...any) {
	n.list = append(n.list, cardprofile.Deviation{Where: n.where, Rule: rule, Text: fmt.Sprintf(format, args...)})
}

func contextTag(n uint8) asn1.Tag { return asn1.Tag(n).Constructed().ContextSpecific() }

func malformed(what string) error { return fmt.Errorf("pki: %s is malformed", what) }

// ParseCertificate reads one certificate in DER; bytes after it are an error. What
// departs from RFC 5280 and Doc 9303-12 without making the certificate unreadable
// comes back in Deviations. A key of a kind not known here leaves PublicKey nil.
func ParseCertificate(der []byte) (*Certificate, error) {
	if len(der) > MaxCertificate {
		return nil, fmt.Errorf("pki: a certificate of %d bytes", len(der))
	}
	s := cryptobyte.String(der)
	var body, tbs, outer cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return nil, malformed("certificate")
	}
	if len(s) != 0 {
		return nil, fmt.Errorf("pki: %d bytes follow the certificate", len(s))
	}
	c := &Certificate{Raw: der, RawTBS: tbs, PathLen: -1}
	n := &notes{where: "certificate"}
	if err := c.parseTBS(tbs, n); err != nil {
		return nil, err
	}
	if !body.ReadASN1Element(&outer, asn1.SEQUENCE) {
		return nil, malformed("signatureAlgorithm")
	}
	// RFC 5280, 4.1.1.2: both must be the same. The one inside is signed and used.
	if !bytes.Equal(outer, c.SignatureAlgorithm.Raw) {
		n.note("x509.signaturealgorithm", "signatureAlgorithm outside the signed part (%x) is not the one inside", []byte(outer))
	}
	if !body.ReadASN1BitStringAsBytes(&c.Signature) || len(body) != 0 {
		return nil, malformed("signatureValue")
	}
	c.Deviations = n.list
	return c, nil
}

func (c *Certificate) parseTBS(tbs cryptobyte.String, n *notes) error {
	var body, serial cryptobyte.String
	if !tbs.ReadASN1(&body, asn1.SEQUENCE) {
		return malformed("tbsCertificate")
	}
	version := 0
	if !body.ReadOptionalASN1Integer(&version, contextTag(0), 0) {
		return malformed("version")
	}
	c.Version = version + 1
	if c.Version != 3 {
		n.note("x509.version", "version is %d, not 3", c.Version)
	}
	if !body.ReadASN1(&serial, asn1.INTEGER) || len(serial) == 0 {
		return malformed("serialNumber")
	}
	c.readSerial(serial, n)
	var err error
	if c.SignatureAlgorithm, err = cms.ReadAlgorithm(&body); err != nil {
		return malformed("signature algorithm")
	}
	if c.Issuer, err = readName(&body); err != nil {
		return err
	}
	var validity cryptobyte.String
	if !body.ReadASN1(&validity, asn1.SEQUENCE) {
		return malformed("validity")
	}
	for _, t := range []*time.Time{&c.NotBefore, &c.NotAfter} {
		v, exact, ok := cms.ReadTime(&validity)
		if !ok {
			return malformed("validity")
		}
		if !exact {
			n.note("x509.validity.form", "a time of the validity is not written as RFC 5280, 4.1.2.5 wants")
		}
		*t = v
	}
	if len(validity) != 0 {
		return malformed("validity")
	}
	if c.Subject, err = readName(&body); err != nil {
		return err
	}
	var spki cryptobyte.String
	if !body.ReadASN1Element(&spki, asn1.SEQUENCE) {
		return malformed("subjectPublicKeyInfo")
	}
	c.RawSPKI = spki
	c.readKey(n)
	for _, tag := range []asn1.Tag{asn1.Tag(1).ContextSpecific(), asn1.Tag(2).ContextSpecific()} {
		var present bool
		var id cryptobyte.String
		if !body.ReadOptionalASN1(&id, &present, tag) {
			return malformed("unique identifier")
		}
		if present {
			n.note("x509.uniqueid", "a unique identifier is present, which Doc 9303-12, Table 5 forbids")
		}
	}
	var wrap cryptobyte.String
	var present bool
	if !body.ReadOptionalASN1(&wrap, &present, contextTag(3)) || len(body) != 0 {
		return malformed("end of tbsCertificate")
	}
	if present {
		if c.Extensions, err = readExtensions(&wrap, n); err != nil || len(wrap) != 0 {
			return malformed("extensions")
		}
	}
	c.readNames(n)
	for _, e := range c.Extensions {
		c.readExtension(e, n)
	}
	return nil
}

// readSerial keeps the serial number as the two's complement number it is.
func (c *Certificate) readSerial(content []byte, n *notes) {
	c.Serial = cms.Integer(content)
	switch {
	case c.Serial.Sign() == 0:
		n.note("x509.serial.zero", "the serial number is zero")
	case c.Serial.Sign() < 0:
		n.note("x509.serial.negative", "the serial number is negative")
	}
	if len(content) > 20 {
		n.note("x509.serial.length", "the serial number has %d octets, more than 20", len(content))
	}
	if len(content) > 1 && (content[0] == 0 && content[1] < 0x80 || content[0] == 0xff && content[1] >= 0x80) {
		n.note("x509.serial.padded", "the serial number is not in the smallest number of octets")
	}
}

// readNames notes what Doc 9303-12 (8th ed.), Table 5 says of countries.
func (c *Certificate) readNames(n *notes) {
	for _, p := range []struct {
		what string
		name Name
	}{{"issuer", c.Issuer}, {"subject", c.Subject}} {
		country := p.name.Get(oidCountry)
		switch {
		case country == "":
			n.note("x509.country.missing", "the %s names no country", p.what)
		case country != p.name.Country():
			n.note("x509.country.case", "the country code of the %s is not in upper case", p.what)
		}
	}
	if c.Issuer.Country() != c.Subject.Country() {
		n.note("x509.country.differs", "issuer and subject name different countries, %s and %s", c.Issuer.Country(), c.Subject.Country())
	}
}

func readExtensions(s *cryptobyte.String, n *notes) ([]Extension, error) {
	var list cryptobyte.String
	if !s.ReadASN1(&list, asn1.SEQUENCE) {
		return nil, malformed("extensions")
	}
	var out []Extension
	seen := map[string]bool{}
	for len(list) > 0 {
		var ext, oid, flag, value cryptobyte.String
		if len(out) == maxExtensions || !list.ReadASN1(&ext, asn1.SEQUENCE) || !ext.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
			return nil, malformed("extension")
		}
		id, ok := cms.OIDString(oid)
		if !ok {
			return nil, malformed("extension")
		}
		e := Extension{ID: id}
		if ext.PeekASN1Tag(asn1.BOOLEAN) {
			if !ext.ReadASN1(&flag, asn1.BOOLEAN) || len(flag) != 1 {
				return nil, malformed("extension")
			}
			e.Critical = flag[0] != 0
			if flag[0] != 0xff {
				n.note("x509.boolean", "extension %s: critical is coded %02x, where DER has FF for true and leaves false out", id, flag[0])
			}
		}
		if !ext.ReadASN1(&value, asn1.OCTET_STRING) || len(ext) != 0 {
			return nil, malformed("extension")
		}
		if seen[id] {
			n.note("x509.extension.twice", "extension %s occurs twice", id)
		}
		seen[id] = true
		e.Value = value
		out = append(out, e)
	}
	return out, nil
}

// readKey reads the public key; what cannot be used leaves a KeyError.
func (c *Certificate) readKey(n *notes) {
	s := cryptobyte.String(c.RawSPKI)
	var body cryptobyte.String
	var point []byte
	if !s.ReadASN1(&body, asn1.SEQUENCE) {
		c.KeyError = malformed("subjectPublicKeyInfo")
		return
	}
	alg, err := cms.ReadAlgorithm(&body)
	if err != nil || !body.ReadASN1BitStringAsBytes(&point) || len(body) != 0 {
		c.KeyError = malformed("subjectPublicKeyInfo")
		return
	}
	switch alg.OID {
	case "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10": // rsaEncryption, id-RSASSA-PSS (RFC 4055, 1.2)
		if alg.Params == nil && alg.OID == "1.2.840.113549.1.1.1" {
			n.note("x509.key.null", "the RSA key's algorithm lacks its NULL parameters")
		}
		key, err := readRSA(point)
		if err != nil {
			c.KeyError = err
			return
		}
		if key.N.BitLen() < 2048 {
			n.note("x509.key.short", "the RSA key has %d bits", key.N.BitLen())
		}
		if key.E == 3 {
			n.note("x509.key.exponent", "the RSA key's public exponent is 3")
		}
		c.PublicKey = key
	case "1.2.840.10045.2.1": // id-ecPublicKey
		key, explicit, err := ecc.ParseSPKI(c.RawSPKI)
		if err != nil {
			c.KeyError = err
			return
		}
		c.PublicKey, c.ExplicitCurve = key, explicit
		if !explicit {
			n.note("x509.key.named", "the curve is named, where Doc 9303-12, 4.1.6.3 wants explicit parameters")
		}
	default:
		c.KeyError = fmt.Errorf("pki: public key algorithm %s: %w", alg.OID, cms.ErrUnsupported)
	}
}

func readRSA(der []byte) (*rsa.PublicKey, error) {
	s := cryptobyte.String(der)
	var body cryptobyte.String
	modulus, e := new(big.Int), new(big.Int)
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 || !body.ReadASN1Integer(modulus) {
		return nil, malformed("RSA key")
	}
	// Where the platform's numbers allow, exponents above the 31 bits of crypto/rsa
	// are taken too; verification here does its own arithmetic.
	if !body.ReadASN1Integer(e) || len(body) != 0 || e.Sign() <= 0 || e.BitLen() >= bits.UintSize {
		return nil, errors.New("pki: the RSA public exponent cannot be used")
	}
	if modulus.Sign() <= 0 {
		return nil, malformed("RSA key")
	}
	return &rsa.PublicKey{N: modulus, E: int(e.Int64())}, nil
}

// ParseRSAPublicKey reads a SubjectPublicKeyInfo with an RSA key.
func ParseRSAPublicKey(spki []byte) (*rsa.PublicKey, error) {
	c := &Certificate{RawSPKI: spki}
	c.readKey(&notes{})
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.Join(errors.New("pki: not an RSA key"), c.KeyError)
	}
	return key, nil
}
