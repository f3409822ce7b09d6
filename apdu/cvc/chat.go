package cvc

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Objects of the template (TR-03110-3 v2.21, C.1.5).
const (
	tagCHAT          tlv.Tag = 0x7F4C
	tagDiscretionary tlv.Tag = 0x53
)

// maxMask bounds an authorization of a terminal type that is unknown here.
const maxMask = 32

// TerminalType is what a terminal is for. The zero type is unknown.
type TerminalType int

// The terminal types, id-roles (TR-03110-4 v2.21, 2.1.3.2 and 2.2.3.2; for
// signature terminals TR-03110 v2.05, C.4.3).
const (
	InspectionSystem TerminalType = 1 + iota
	AuthenticationTerminal
	SignatureTerminal
)

// maskLens is the length of the authorization in bytes.
var maskLens = map[TerminalType]int{InspectionSystem: 1, AuthenticationTerminal: 5, SignatureTerminal: 1}

// idRoles is id-roles.
var idRoles = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 3, 1, 2}

// OID is the object identifier, nil for an unknown type.
func (t TerminalType) OID() asn1.ObjectIdentifier {
	if maskLens[t] == 0 {
		return nil
	}
	return append(slices.Clone(idRoles), int(t))
}

// String is as in "inspection system".
func (t TerminalType) String() string {
	switch t {
	case InspectionSystem:
		return "inspection system"
	case AuthenticationTerminal:
		return "authentication terminal"
	case SignatureTerminal:
		return "signature terminal"
	}
	return "unknown terminal type"
}

// Role is the two bits that say who holds a certificate.
type Role int

// The roles (TR-03110-4 v2.21, 2.1.3.2). A domestic Document Verifier is an
// official one of the issuing state, a foreign one any other.
const (
	RoleTerminal Role = iota
	RoleForeignDV
	RoleDomesticDV
	RoleCVCA
)

// String is as in "CVCA".
func (r Role) String() string {
	switch r {
	case RoleTerminal:
		return "terminal"
	case RoleForeignDV:
		return "foreign DV"
	case RoleDomesticDV:
		return "domestic DV"
	case RoleCVCA:
		return "CVCA"
	}
	return "no role"
}

func (r Role) isDV() bool { return r == RoleForeignDV || r == RoleDomesticDV }

// CHAT is a Certificate Holder Authorization Template: who the holder is and
// what he may do, relative to his issuer (TR-03110-3 v2.21, C.1.5) or, where a
// function says so, effectively (2.7). It is immutable. The zero CHAT allows
// nothing.
type CHAT struct {
	oid  asn1.ObjectIdentifier
	mask []byte // big-endian, the role in the two highest bits
}

// NewCHAT makes a template. A right of another terminal type is ErrCHAT.
func NewCHAT(t TerminalType, role Role, rights ...Right) (CHAT, error) {
	n := maskLens[t]
	if n == 0 || role < RoleTerminal || role > RoleCVCA {
		return CHAT{}, fmt.Errorf("%w: %v, %v", ErrCHAT, t, role)
	}
	c := CHAT{oid: t.OID(), mask: make([]byte, n)}
	c.mask[0] = byte(role) << 6
	for _, r := range rights {
		if r.Type() != t || r.bit() >= n*8-2 {
			return CHAT{}, fmt.Errorf("%w: a right of %v for %v", ErrCHAT, r.Type(), t)
		}
		c.mask[n-1-r.bit()/8] |= 1 << (r.bit() % 8)
	}
	return c, nil
}

// ParseCHAT reads a template, DO 7F4C with its header.
func ParseCHAT(b []byte) (CHAT, error) {
	n, rest, err := tlv.Parse(b)
	if err != nil || len(rest) != 0 || n.Tag != tagCHAT {
		return CHAT{}, fmt.Errorf("%w: template", ErrFormat)
	}
	return new(reader).chat(n)
}

// chat reads DO 7F4C.
func (r *reader) chat(n tlv.Node) (CHAT, error) {
	m, err := r.objects(n, "authorization template", tagOID, tagDiscretionary)
	if err != nil {
		return CHAT{}, err
	}
	o, okO := m[tagOID]
	d, okD := m[tagDiscretionary]
	if !okO || !okD {
		return CHAT{}, fmt.Errorf("%w: template without identifier or authorization", ErrFormat)
	}
	oid, err := parseOID(o)
	if err != nil {
		return CHAT{}, err
	}
	c := CHAT{oid: oid, mask: bytes.Clone(d.Value)}
	want, known := maskLens[c.Type()]
	switch {
	case len(c.mask) == 0 || len(c.mask) > maxMask || known && len(c.mask) != want:
		return CHAT{}, fmt.Errorf("%w: authorization of %d bytes for %v", ErrCHAT, len(c.mask), c.Type())
	case !known:
		r.note(fmt.Sprintf("unknown terminal type %v", oid))
	}
	return c, nil
}

// IsZero reports that there is no template.
func (c CHAT) IsZero() bool { return len(c.mask) == 0 }

// Type is the terminal type, 0 if it is unknown here.
func (c CHAT) Type() TerminalType {
	if len(c.oid) == len(idRoles)+1 && c.oid[:len(idRoles)].Equal(idRoles) {
		if t := TerminalType(c.oid[len(idRoles)]); maskLens[t] != 0 {
			return t
		}
	}
	return 0
}

// OID identifies the terminal type.
func (c CHAT) OID() asn1.ObjectIdentifier { return slices.Clone(c.oid) }

// Role is the holder's role. The zero CHAT has that of a terminal.
func (c CHAT) Role() Role {
	if c.IsZero() {
		return RoleTerminal
	}
	return Role(c.mask[0] >> 6)
}

// Mask is role and rights as they are encoded.
func (c CHAT) Mask() []byte { return bytes.Clone(c.mask) }

// Equal reports the same terminal type, role and rights.
func (c CHAT) Equal(o CHAT) bool { return c.oid.Equal(o.oid) && bytes.Equal(c.mask, o.mask) }

// And is the rights and role bits that both have: one step of the effective
// authorization (TR-03110-3 v2.21, 2.7). ErrTerminalType.
func (c CHAT) And(o CHAT) (CHAT, error) {
	if c.IsZero() || !c.oid.Equal(o.oid) || len(c.mask) != len(o.mask) {
		return CHAT{}, fmt.Errorf("%w: %v and %v", ErrTerminalType, c.Type(), o.Type())
	}
	r := CHAT{oid: c.oid, mask: bytes.Clone(c.mask)}
	for i := range r.mask {
		r.mask[i] &= o.mask[i]
	}
	return r, nil
}

// Has reports whether a right is among the rights.
func (c CHAT) Has(r Right) bool {
	b := r.bit()
	return r.Type() != 0 && c.Type() == r.Type() && b < len(c.mask)*8-2 && c.mask[len(c.mask)-1-b/8]&(1<<(b%8)) != 0
}

// Rights lists the rights, from the lowest bit; RFU bits are among them.
func (c CHAT) Rights() []Right {
	var list []Right
	for bit := range max(len(c.mask)*8-2, 0) {
		if r := newRight(c.Type(), bit); c.Has(r) {
			list = append(list, r)
		}
	}
	return list
}

// Encode is DO 7F4C.
func (c CHAT) Encode() ([]byte, error) {
	v, err := c.Value()
	if err != nil {
		return nil, err
	}
	return tlv.Encode(tagCHAT, v), nil
}

// Value is the content of DO 7F4C, as pace.Params takes it.
func (c CHAT) Value() ([]byte, error) {
	oid, err := asn1.Marshal(c.oid)
	if err != nil || c.IsZero() {
		return nil, fmt.Errorf("%w: none", ErrCHAT)
	}
	return append(oid, tlv.Encode(tagDiscretionary, c.mask)...), nil
}

// String is as in "inspection system, terminal, 03".
func (c CHAT) String() string {
	if c.IsZero() {
		return "no authorization"
	}
	return fmt.Sprintf("%v, %v, %X", c.Type(), c.Role(), c.mask)
}
