package pki

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // key identifiers are SHA-1 by definition (RFC 5280, 4.2.1.2), nothing rests on it
	"crypto/x509"
	"fmt"
	"math/big"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// marshalKey writes SubjectPublicKeyInfo, EC with explicit parameters (Doc 9303-12
// (8th ed.), 4.1.6.3), and the key identifier of RFC 5280, 4.2.1.2, method 1.
func marshalKey(pub crypto.PublicKey) (spki, keyID []byte, err error) {
	var bits []byte
	if key, ok := pub.(*rsa.PublicKey); ok {
		bits = x509.MarshalPKCS1PublicKey(key)
		spki = tlv.Encode(0x30, tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.1"), []byte{5, 0}), tlv.Encode(0x03, []byte{0}, bits))
	} else {
		key, err := ecc.FromPublic(pub)
		if err != nil {
			return nil, nil, fmt.Errorf("pki: a certificate's key is RSA or on a known curve: %w", err)
		}
		if spki, err = ecc.MarshalSPKI(key, true); err != nil {
			return nil, nil, err
		}
		bits = key.Bytes()
	}
	sum := sha1.Sum(bits)
	return spki, sum[:], nil
}

func extensionDER(id string, critical bool, value []byte) []byte {
	parts := [][]byte{cms.MarshalOID(id)}
	if critical {
		parts = append(parts, []byte{0x01, 0x01, 0xff})
	}
	return tlv.Encode(0x30, append(parts, tlv.Encode(0x04, value))...)
}

// marshalName writes C, O and CN: the country in PrintableString, the others in
// UTF8String (Doc 9303-12 (8th ed.), Table 5).
func marshalName(country, organization, commonName string) []byte {
	rdn := func(id string, tag byte, value string) []byte {
		return tlv.Encode(0x31, tlv.Encode(0x30, cms.MarshalOID(id), tlv.Encode(tlv.Tag(tag), []byte(value))))
	}
	parts := [][]byte{rdn(oidCountry, tagPrintable, country)}
	if organization != "" {
		parts = append(parts, rdn(oidOrganization, tagUTF8String, organization))
	}
	return tlv.Encode(0x30, append(parts, rdn(oidCommonName, tagUTF8String, commonName))...)
}

// marshalAlternativeName writes the contact and the directoryName with the ICAO code
// as localityName (Doc 9303-12 (8th ed.), 7.1.1.2).
func marshalAlternativeName(email, url, state string) []byte {
	var parts [][]byte
	if email != "" {
		parts = append(parts, tlv.Encode(0x81, []byte(email)))
	}
	if url != "" {
		parts = append(parts, tlv.Encode(0x86, []byte(url)))
	}
	locality := tlv.Encode(0x31, tlv.Encode(0x30, cms.MarshalOID(oidLocality), tlv.Encode(tlv.Tag(tagPrintable), []byte(state))))
	return tlv.Encode(0x30, append(parts, tlv.Encode(0xa4, tlv.Encode(0x30, locality)))...)
}

// marshalPeriod writes PrivateKeyUsagePeriod, in GeneralizedTime (Doc 9303-12 (8th
// ed.), Table 6).
func marshalPeriod(from, to time.Time) []byte {
	return tlv.Encode(0x30,
		tlv.Encode(0x80, []byte(from.UTC().Format("20060102150405Z"))),
		tlv.Encode(0x81, []byte(to.UTC().Format("20060102150405Z"))))
}

func marshalCRLPoints(urls []string) []byte {
	var points [][]byte
	for _, u := range urls {
		points = append(points, tlv.Encode(0x30, tlv.Encode(0xa0, tlv.Encode(0xa0, tlv.Encode(0x86, []byte(u))))))
	}
	return tlv.Encode(0x30, points...)
}

// marshalTime writes UTCTime through 2049 and GeneralizedTime after (RFC 5280, 4.1.2.5).
func marshalTime(t time.Time) []byte {
	if t = t.UTC(); t.Year() < 2050 {
		return tlv.Encode(0x17, []byte(t.Format("060102150405Z")))
	}
	return tlv.Encode(0x18, []byte(t.Format("20060102150405Z")))
}

// marshalInteger writes a number that is not negative.
func marshalInteger(v *big.Int) []byte {
	b := v.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return tlv.Encode(0x02, b)
}
