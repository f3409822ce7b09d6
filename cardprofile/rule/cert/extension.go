package cert

import (
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Extension identifiers (RFC 5280, 4.2; Doc 9303-12 (8th ed.), 7.1.1).
const (
	oidSubjectDirectory = "2.5.29.9"
	oidSubjectKeyID     = "2.5.29.14"
	oidKeyUsage         = "2.5.29.15"
	oidPrivateKeyUsage  = "2.5.29.16"
	oidSubjectAltName   = "2.5.29.17"
	oidIssuerAltName    = "2.5.29.18"
	oidBasicConstraints = "2.5.29.19"
	oidNameConstraints  = "2.5.29.30"
	oidCRLPoints        = "2.5.29.31"
	oidPolicies         = "2.5.29.32"
	oidPolicyMappings   = "2.5.29.33"
	oidAuthorityKeyID   = "2.5.29.35"
	oidPolicyLimits     = "2.5.29.36"
	oidExtKeyUsage      = "2.5.29.37"
	oidFreshestCRL      = "2.5.29.46"
	oidInhibitPolicy    = "2.5.29.54"
	oidNameChange       = "2.23.136.1.1.6.1"
	oidDocumentTypes    = "2.23.136.1.1.6.2"
	oidNetscapeType     = "2.16.840.1.113730.1.1"
	oidAuthorityAccess  = "1.3.6.1.5.5.7.1.1"
	oidSubjectAccess    = "1.3.6.1.5.5.7.1.11"
)

// Kinds of certificates that share a column of Table 6, or part of one.
var (
	authorities = []lint.Kind{lint.CSCA, lint.Link}
	signers     = []lint.Kind{lint.DS, lint.MLSigner, lint.DLSigner}
	listSigners = []lint.Kind{lint.MLSigner, lint.DLSigner}
	periods     = []lint.Kind{lint.CSCA, lint.Link, lint.DS}
	table6      = append(append([]lint.Kind{}, authorities...), append(signers, lint.Communication)...)
	small       = []lint.Kind{lint.LDS2Signer, lint.BarCodeSigner}
	all         = append(append([]lint.Kind{}, table6...), small...)
)

func only(k ...lint.Kind) []lint.Kind { return k }

type check = func(*Certificate, lint.Report)

func place(id string) string { return "extensions." + id }

// present asks for an extension.
func present(id string) check {
	return func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(id); !ok {
			report("extensions", "extension %s is missing", id)
		}
	}
}

// absent asks that an extension is not there.
func absent(id string) check {
	return func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(id); ok {
			report(place(id), "extension %s is present", id)
		}
	}
}

// critical asks that an extension, where present, is critical.
func critical(id string) check {
	return func(c *Certificate, report lint.Report) {
		if e, ok := c.extension(id); ok && !e.Critical {
			report(place(id), "extension %s is not critical", id)
		}
	}
}

// uncritical asks that extensions, where present, are not critical.
func uncritical(ids ...string) check {
	return func(c *Certificate, report lint.Report) {
		for _, id := range ids {
			if e, ok := c.extension(id); ok && e.Critical {
				report(place(id), "extension %s is critical", id)
			}
		}
	}
}

// sequence reads the value of an extension that is one SEQUENCE.
func (c *Certificate) sequence(id string) (parts []tlv.Node, present, ok bool) {
	e, present := c.extension(id)
	if !present {
		return nil, false, false
	}
	parts, ok = der.Parts(e.Value, der.Sequence)
	return parts, true, ok
}

type keyID struct {
	id             []byte
	issuer, serial bool
	readable       bool
}

func (c *Certificate) authorityKeyID() keyID {
	parts, _, ok := c.sequence(oidAuthorityKeyID)
	k := keyID{readable: ok}
	for _, p := range parts {
		switch p.Tag {
		case 0x80:
			k.id = p.Value
		case 0xa1:
			k.issuer = true
		case 0x82:
			k.serial = true
		default:
			k.readable = false
		}
	}
	return k
}

func (c *Certificate) subjectKeyID() []byte {
	e, _ := c.extension(oidSubjectKeyID)
	if n, ok := der.One(e.Value); ok && n.Tag == der.OctetString && len(n.Value) > 0 {
		return n.Value
	}
	return nil
}

// usage is the keyUsage bits, bit 0 lowest.
type usage uint16

// Bits of keyUsage (RFC 5280, 4.2.1.3).
const (
	digitalSignature usage = 1 << iota
	nonRepudiation
	keyEncipherment
	dataEncipherment
	keyAgreement
	keyCertSign
	cRLSign
	encipherOnly
	decipherOnly
)

var usageNames = []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}

func (u usage) has(bit usage) bool { return u&bit != 0 }

// String names the bits.
func (u usage) String() string {
	var out []string
	for i, name := range usageNames {
		if u.has(1 << i) {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

// keyUsage reads the bits; ok is false when the extension is absent or unreadable.
func (c *Certificate) keyUsage() (u usage, ok bool) {
	e, _ := c.extension(oidKeyUsage)
	n, ok := der.One(e.Value)
	if !ok || n.Tag != der.BitString || len(n.Value) < 1 || len(n.Value) > 3 {
		return 0, false
	}
	for i, b := range n.Value[1:] {
		for j := range 8 {
			if b&(0x80>>j) != 0 && 8*i+j < len(usageNames) {
				u |= 1 << (8*i + j)
			}
		}
	}
	return u, true
}

type constraints struct {
	ca      bool
	caWrong bool // cA is written out as false
	path    []byte
}

func (c *Certificate) basicConstraints() (b constraints, ok bool) {
	parts, _, ok := c.sequence(oidBasicConstraints)
	if !ok {
		return b, false
	}
	in := der.Cursor{Rest: parts}
	if v, present := in.Take(der.Boolean); present && len(v.Value) == 1 {
		b.ca, b.caWrong = v.Value[0] != 0, v.Value[0] == 0
	}
	if v, present := in.Take(der.Integer); present {
		b.path = v.Value
	}
	return b, len(in.Rest) == 0
}

func (c *Certificate) extendedKeyUsage() []string {
	parts, _, _ := c.sequence(oidExtKeyUsage)
	var out []string
	for _, p := range parts {
		if id, ok := der.OID(p); ok {
			out = append(out, id)
		}
	}
	return out
}
