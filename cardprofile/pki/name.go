package pki

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Attribute types of names (RFC 5280, App. A.1), dotted.
const (
	oidCommonName              = "2.5.4.3"
	oidNameSerial              = "2.5.4.5"
	oidCountry                 = "2.5.4.6"
	oidLocality                = "2.5.4.7"
	oidStateOrProvince         = "2.5.4.8"
	oidOrganization            = "2.5.4.10"
	oidOrganizationalUnit      = "2.5.4.11"
	oidNameEmail               = "1.2.840.113549.1.9.1"
	maxNameRDNs                = 64
	tagUTF8String         byte = 0x0c
	tagPrintable          byte = 0x13
	tagT61String          byte = 0x14
	tagIA5String          byte = 0x16
	tagBMPString          byte = 0x1e
)

var attributeNames = map[string]string{
	oidCommonName: "CN", oidNameSerial: "serialNumber", oidCountry: "C", oidLocality: "L",
	oidStateOrProvince: "ST", oidOrganization: "O", oidOrganizationalUnit: "OU", oidNameEmail: "emailAddress",
}

var errName = errors.New("pki: a distinguished name is malformed")

// ParseName reads a DER Name.
func ParseName(der []byte) (Name, error) {
	s := cryptobyte.String(der)
	n, err := readName(&s)
	if err == nil && len(s) != 0 {
		err = errName
	}
	return n, err
}

func readName(s *cryptobyte.String) (Name, error) {
	var raw, seq cryptobyte.String
	if !s.ReadASN1Element(&raw, asn1.SEQUENCE) {
		return Name{}, errName
	}
	n := Name{Raw: raw}
	inner := raw
	if !inner.ReadASN1(&seq, asn1.SEQUENCE) {
		return Name{}, errName
	}
	for len(seq) > 0 {
		var set cryptobyte.String
		if len(n.RDNs) == maxNameRDNs || !seq.ReadASN1(&set, asn1.SET) {
			return Name{}, errName
		}
		var rdn []NameAttribute
		for len(set) > 0 {
			var one, body, oid, value cryptobyte.String
			var tag asn1.Tag
			if len(rdn) == maxNameRDNs || !set.ReadASN1Element(&one, asn1.SEQUENCE) {
				return Name{}, errName
			}
			attr := one
			if !attr.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
				!body.ReadAnyASN1(&value, &tag) || len(body) != 0 {
				return Name{}, errName
			}
			id, ok := cms.OIDString(oid)
			if !ok {
				return Name{}, errName
			}
			rdn = append(rdn, NameAttribute{Type: id, Tag: byte(tag), Value: decodeText(byte(tag), value), Raw: one})
		}
		n.RDNs = append(n.RDNs, rdn)
	}
	return n, nil
}

// decodeText turns a directory string into UTF-8 without control characters, since
// names from hostile files end in terminals.
func decodeText(tag byte, b []byte) string {
	var text string
	switch tag {
	case tagUTF8String, tagPrintable, tagIA5String, 0x12:
		text = string(b)
		if !utf8.ValidString(text) {
			text = latin1(b)
		}
	case tagT61String:
		text = latin1(b)
	case tagBMPString:
		u := make([]uint16, len(b)/2)
		for i := range u {
			u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
		text = string(utf16.Decode(u))
	default:
		return "#" + hex.EncodeToString(b)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '?'
		}
		return r
	}, text)
}

func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// Get returns the first value of an attribute type, "" when the name has none.
func (n Name) Get(dotted string) string {
	for _, rdn := range n.RDNs {
		for _, a := range rdn {
			if a.Type == dotted {
				return a.Value
			}
		}
	}
	return ""
}

// Country is the countryName in upper case: a two-letter code where the issuer
// kept to Doc 9303-12 (8th ed.), 7.1.1.1.1.
func (n Name) Country() string { return strings.ToUpper(strings.TrimSpace(n.Get(oidCountry))) }

// CommonName is the first commonName.
func (n Name) CommonName() string { return n.Get(oidCommonName) }

// String writes the name for people, in the order of the certificate.
func (n Name) String() string {
	var b strings.Builder
	for _, rdn := range n.RDNs {
		for i, a := range rdn {
			switch {
			case i > 0:
				b.WriteString("+")
			case b.Len() > 0:
				b.WriteString(", ")
			}
			label := attributeNames[a.Type]
			if label == "" {
				label = a.Type
			}
			b.WriteString(label + "=" + a.Value)
		}
	}
	return b.String()
}

// Equal compares the bytes.
func (n Name) Equal(o Name) bool { return bytes.Equal(n.Raw, o.Raw) }

// sameRDNs reports the same RDNs, byte for byte, in any order.
func (n Name) sameRDNs(o Name) bool {
	if len(n.RDNs) != len(o.RDNs) {
		return false
	}
	return slices.Equal(n.sortedRDNs(), o.sortedRDNs())
}

func (n Name) sortedRDNs() []string {
	out := make([]string, len(n.RDNs))
	for i, rdn := range n.RDNs {
		for _, a := range rdn {
			out[i] += string(a.Raw)
		}
	}
	slices.Sort(out)
	return out
}

// canonical is the name for looking up issuers: types and values without regard to
// case, spaces or kind of string, which real chains mix (RFC 5280, 7.1).
func (n Name) canonical() string {
	var b strings.Builder
	for _, rdn := range n.RDNs {
		parts := make([]string, len(rdn))
		for i, a := range rdn {
			parts[i] = a.Type + "=" + strings.Join(strings.Fields(strings.ToLower(a.Value)), " ")
		}
		slices.Sort(parts)
		b.WriteString(strings.Join(parts, "+") + "\n")
	}
	return b.String()
}
