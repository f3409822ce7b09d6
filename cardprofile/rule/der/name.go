package der

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Attribute types of names (RFC 5280, App. A.1).
const (
	CommonName      = "2.5.4.3"
	SerialNumber    = "2.5.4.5"
	CountryName     = "2.5.4.6"
	LocalityName    = "2.5.4.7"
	StateOrProvince = "2.5.4.8"
)

// directoryStrings are the attribute types whose syntax is DirectoryString (RFC
// 5280, App. A.1).
var directoryStrings = map[string]bool{
	CommonName: true, "2.5.4.4": true, LocalityName: true, StateOrProvince: true, "2.5.4.9": true, "2.5.4.10": true,
	"2.5.4.11": true, "2.5.4.12": true, "2.5.4.41": true, "2.5.4.42": true, "2.5.4.43": true, "2.5.4.44": true, "2.5.4.65": true,
}

// Name is a distinguished name as it is written.
type Name struct {
	Raw        []byte
	Attributes []Attribute
}

// Attribute is one attribute of a name.
type Attribute struct {
	Type  string // dotted
	Tag   tlv.Tag
	Value []byte
}

// DirectoryString says whether the attribute's type has that syntax.
func (a Attribute) DirectoryString() bool { return directoryStrings[a.Type] }

// ReadName reads a Name element.
func ReadName(raw []byte) (Name, bool) {
	n := Name{Raw: raw}
	rdns, ok := Parts(raw, Sequence)
	if !ok {
		return n, false
	}
	for _, rdn := range rdns {
		set, err := rdn.Children()
		if rdn.Tag != SetOf || err != nil || len(set) == 0 {
			return n, false
		}
		for _, one := range set {
			parts, ok := Parts(one.Raw, Sequence)
			if !ok || len(parts) != 2 {
				return n, false
			}
			id, ok := OID(parts[0])
			if !ok {
				return n, false
			}
			n.Attributes = append(n.Attributes, Attribute{Type: id, Tag: parts[1].Tag, Value: parts[1].Value})
		}
	}
	return n, true
}

// Get returns the attributes of one type.
func (n Name) Get(id string) []Attribute {
	var out []Attribute
	for _, a := range n.Attributes {
		if a.Type == id {
			out = append(out, a)
		}
	}
	return out
}

// Upper says whether b is from low to high capital letters.
func Upper(b []byte, low, high int) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(b) >= low && len(b) <= high
}

// Printable says whether every octet is one of PrintableString (X.680, 41.4).
func Printable(b []byte) bool {
	for _, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == ' ', c == '\'', c == '(', c == ')', c == '+', c == ',', c == '-', c == '.', c == '/', c == ':', c == '=', c == '?':
		default:
			return false
		}
	}
	return true
}
