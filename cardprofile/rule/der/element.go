package der

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Tags of the universal class.
const (
	Boolean         tlv.Tag = 0x01
	Integer         tlv.Tag = 0x02
	BitString       tlv.Tag = 0x03
	OctetString     tlv.Tag = 0x04
	Null            tlv.Tag = 0x05
	ObjectID        tlv.Tag = 0x06
	UTF8String      tlv.Tag = 0x0c
	PrintableString tlv.Tag = 0x13
	TeletexString   tlv.Tag = 0x14
	IA5String       tlv.Tag = 0x16
	UTCTime         tlv.Tag = 0x17
	GeneralizedTime tlv.Tag = 0x18
	UniversalString tlv.Tag = 0x1c
	BMPString       tlv.Tag = 0x1e
	Sequence        tlv.Tag = 0x30
	SetOf           tlv.Tag = 0x31
)

// One reads b as exactly one element.
func One(b []byte) (tlv.Node, bool) {
	n, rest, err := tlv.Parse(b)
	return n, err == nil && len(rest) == 0
}

// Parts reads b as exactly one element with this tag and returns what is in it.
func Parts(b []byte, tag tlv.Tag) ([]tlv.Node, bool) {
	n, ok := One(b)
	if !ok || n.Tag != tag {
		return nil, false
	}
	parts, err := n.Children()
	return parts, err == nil
}

// Each calls f with every element in b, of any number: national deviation lists hold
// hundreds of thousands. It ends where f says so, and is false for what is no
// sequence of elements.
func Each(b []byte, f func(n tlv.Node) bool) bool {
	for len(b) > 0 {
		n, rest, err := tlv.Parse(b)
		if err != nil {
			return false
		}
		if !f(n) {
			return true
		}
		b = rest
	}
	return true
}

// OID is the dotted form of an OBJECT IDENTIFIER element.
func OID(n tlv.Node) (string, bool) {
	if n.Tag != ObjectID {
		return "", false
	}
	return cms.OIDString(n.Value)
}

// Cursor takes the elements of a SEQUENCE one after the other.
type Cursor struct{ Rest []tlv.Node }

// Take returns the next element if it has this tag.
func (c *Cursor) Take(tag tlv.Tag) (tlv.Node, bool) {
	if len(c.Rest) == 0 || c.Rest[0].Tag != tag {
		return tlv.Node{}, false
	}
	n := c.Rest[0]
	c.Rest = c.Rest[1:]
	return n, true
}

// Minimal says whether the content of an INTEGER is in the smallest number of
// octets (X.690, 8.3.2).
func Minimal(content []byte) bool {
	if len(content) < 2 {
		return len(content) == 1
	}
	return (content[0] != 0 || content[1] >= 0x80) && (content[0] != 0xff || content[1] < 0x80)
}

// Negative says whether the content of an INTEGER is below zero.
func Negative(content []byte) bool { return len(content) > 0 && content[0]&0x80 != 0 }

// Zero says whether the content of an INTEGER is zero.
func Zero(content []byte) bool {
	for _, b := range content {
		if b != 0 {
			return false
		}
	}
	return true
}

// Is says whether the content of an INTEGER is this small number.
func Is(content []byte, v byte) bool { return len(content) == 1 && content[0] == v }
