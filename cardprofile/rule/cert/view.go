package cert

import (
	"bytes"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// maxCertificate bounds a certificate that is judged, in bytes.
const maxCertificate = 64 << 10

// Certificate is a certificate as it is written.
type Certificate struct {
	Raw              []byte
	Kind             lint.Kind
	Version          []byte // content of the INTEGER; nil when absent
	Serial           []byte
	Inner, Outer     der.Algorithm
	Issuer, Subject  der.Name
	NotBefore        der.Time
	NotAfter         der.Time
	SPKI             []byte
	IssuerUniqueID   bool
	SubjectUniqueID  bool
	HasExtensions    bool
	Extensions       []der.Extension
	problem          string // what keeps it from being read; "" for nothing
	issuedAt, endsAt time.Time
}

// Rule is a rule about certificates.
type Rule = lint.Rule[*Certificate]

// Set is rules about certificates.
type Set = lint.Set[*Certificate]

// Rules are all rules about certificates.
func Rules() Set { return slices.Clone(rules) }

// Lint puts the rules for this kind of certificate to a certificate in DER. With
// kind "" the certificate itself says what it is, see Classify. What cannot be read
// as a certificate breaks the rule cert.structure, and no other is asked.
func Lint(raw []byte, kind lint.Kind) (lint.Kind, []lint.Finding) {
	c := Read(raw)
	if c.Kind = kind; kind == "" {
		c.Kind = Classify(c)
	}
	if c.problem != "" {
		return c.Kind, Set{structure}.Run(c.Kind, c, time.Time{})
	}
	return c.Kind, rules.Run(c.Kind, c, c.issuedAt)
}

// Read reads a certificate as far as that goes. Its Kind is not set.
func Read(raw []byte) *Certificate {
	c := &Certificate{Raw: raw}
	c.problem = c.read()
	return c
}

// OK says whether the structure of the certificate can be read.
func (c *Certificate) OK() bool { return c.problem == "" }

func (c *Certificate) read() string {
	if len(c.Raw) > maxCertificate {
		return "it is too long for a certificate"
	}
	outer, ok := der.Parts(c.Raw, der.Sequence)
	if !ok || len(outer) != 3 {
		return "it is not a SEQUENCE of three elements"
	}
	if c.Outer, ok = der.ReadAlgorithm(outer[1]); !ok {
		return "signatureAlgorithm cannot be read"
	}
	if outer[2].Tag != der.BitString || len(outer[2].Value) < 2 {
		return "signatureValue is no BIT STRING with content"
	}
	tbs, err := outer[0].Children()
	if outer[0].Tag != der.Sequence || err != nil {
		return "tbsCertificate is no SEQUENCE"
	}
	in := der.Cursor{Rest: tbs}
	if v, ok := in.Take(0xa0); ok {
		number, one := der.One(v.Value)
		if !one || number.Tag != der.Integer {
			return "version is no INTEGER"
		}
		c.Version = number.Value
	}
	serial, ok := in.Take(der.Integer)
	if !ok || len(serial.Value) == 0 {
		return "serialNumber is missing"
	}
	c.Serial = serial.Value
	return c.readBody(&in)
}

func (c *Certificate) readBody(in *der.Cursor) string {
	take := func() (tlv.Node, bool) { return in.Take(der.Sequence) }
	n, ok := take()
	if !ok {
		return "signature is missing"
	}
	if c.Inner, ok = der.ReadAlgorithm(n); !ok {
		return "signature cannot be read"
	}
	if n, ok = take(); !ok {
		return "issuer is missing"
	}
	if c.Issuer, ok = der.ReadName(n.Raw); !ok {
		return "issuer is no Name"
	}
	if n, ok = take(); !ok {
		return "validity is missing"
	}
	times, err := n.Children()
	if err != nil || len(times) != 2 {
		return "validity does not hold two times"
	}
	var before, after bool
	c.NotBefore, before = der.ReadTime(times[0])
	c.NotAfter, after = der.ReadTime(times[1])
	if !before || !after {
		return "validity does not hold two times"
	}
	c.issuedAt, _ = c.NotBefore.When()
	c.endsAt, _ = c.NotAfter.When()
	if n, ok = take(); !ok {
		return "subject is missing"
	}
	if c.Subject, ok = der.ReadName(n.Raw); !ok {
		return "subject is no Name"
	}
	if n, ok = take(); !ok {
		return "subjectPublicKeyInfo is missing"
	}
	c.SPKI = n.Raw
	_, c.IssuerUniqueID = in.Take(0x81)
	_, c.SubjectUniqueID = in.Take(0x82)
	if n, c.HasExtensions = in.Take(0xa3); c.HasExtensions {
		if c.Extensions, ok = der.ReadExtensions(n); !ok {
			return "extensions cannot be read"
		}
	}
	if len(in.Rest) > 0 {
		return "there is an element that does not belong into tbsCertificate"
	}
	return ""
}

// extension returns the first extension with this identifier.
func (c *Certificate) extension(id string) (der.Extension, bool) {
	for _, e := range c.Extensions {
		if e.ID == id {
			return e, true
		}
	}
	return der.Extension{}, false
}

// selfIssued says whether issuer and subject are the same bytes.
func (c *Certificate) selfIssued() bool { return bytes.Equal(c.Issuer.Raw, c.Subject.Raw) }

// named calls f with issuer and subject.
func (c *Certificate) named(f func(where string, n der.Name)) {
	f("issuer", c.Issuer)
	f("subject", c.Subject)
}

// timed calls f with both ends of the validity.
func (c *Certificate) timed(f func(where string, t der.Time)) {
	f("validity.notBefore", c.NotBefore)
	f("validity.notAfter", c.NotAfter)
}
