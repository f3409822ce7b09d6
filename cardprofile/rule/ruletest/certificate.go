package ruletest

import (
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Places in tbsCertificate.
const (
	Version = iota
	Serial
	Signature
	Issuer
	Validity
	Subject
	Key
	wrapper
)

// Cert is a certificate to be changed.
type Cert struct {
	*Node
	Extensions
}

// Certificate takes a certificate apart.
func Certificate(tb testing.TB, raw []byte) *Cert {
	tb.Helper()
	n := Parse(tb, raw)
	return &Cert{n, Extensions{List: n.At(0, wrapper, 0)}}
}

// TBS is a field of tbsCertificate.
func (c *Cert) TBS(field int) *Node { return c.At(0, field) }

// Attribute is an attribute of a name.
func Attribute(id string, tag tlv.Tag, value string) *Node {
	return New(0x31, nil, New(0x30, nil, &Node{Tag: 0x06, Value: cms.MarshalOID(id)[2:]}, New(tag, []byte(value))))
}

// Name is a distinguished name.
func Name(attributes ...*Node) *Node { return New(0x30, nil, attributes...) }

// SetName replaces a name.
func (c *Cert) SetName(field int, attributes ...*Node) { c.At(0).Children[field] = Name(attributes...) }

// Algorithm sets the signature algorithm in both places.
func (c *Cert) Algorithm(n *Node) { c.At(0).Children[Signature], c.Children[1] = n, n }

// OID is an OBJECT IDENTIFIER element.
func OID(id string) *Node { return &Node{Tag: 0x06, Value: cms.MarshalOID(id)[2:]} }

// AlgorithmID is an AlgorithmIdentifier with these parameters.
func AlgorithmID(id string, params ...*Node) *Node {
	return New(0x30, nil, append([]*Node{OID(id)}, params...)...)
}
