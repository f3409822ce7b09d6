package cert

import "github.com/chipid-toolkit/chipid/cardprofile/rule/der"

// key is a SubjectPublicKeyInfo as it is written.
type key struct {
	algorithm der.Algorithm
	bits      []byte // of the BIT STRING, without the count of unused bits
	ok        bool
}

func (c *Certificate) key() key {
	parts, ok := der.Parts(c.SPKI, der.Sequence)
	if !ok || len(parts) != 2 || parts[1].Tag != der.BitString || len(parts[1].Value) < 2 {
		return key{}
	}
	var k key
	k.algorithm, k.ok = der.ReadAlgorithm(parts[0])
	k.bits = parts[1].Value[1:]
	return k
}

// KeyAlgorithm is the dotted identifier of the public key's algorithm.
func (c *Certificate) KeyAlgorithm() string { return c.key().algorithm.OID }

// SubjectKeyID is the subjectKeyIdentifier, nil when there is none.
func (c *Certificate) SubjectKeyID() []byte { return c.subjectKeyID() }

// AuthorityKeyID is the keyIdentifier of authorityKeyIdentifier, nil when there is
// none.
func (c *Certificate) AuthorityKeyID() []byte { return c.authorityKeyID().id }

// ec is explicit domain parameters as they are written (SEC 1, C.2).
type ec struct {
	base     []byte // the base point
	prime    []byte
	cofactor bool
}

// explicit reads ECParameters; ok is false for a curve that is named or implied.
func (k key) explicit() (e ec, ok bool) {
	parts, ok := der.Parts(k.algorithm.Params, der.Sequence)
	if !ok || len(parts) < 5 {
		return e, false
	}
	if field, err := parts[1].Children(); err == nil && len(field) == 2 {
		e.prime = field[1].Value
	}
	e.base = parts[3].Value
	for _, p := range parts[5:] {
		e.cofactor = e.cofactor || p.Tag == der.Integer
	}
	return e, true
}

// rsaBits is the length of an RSA modulus, 0 when there is none.
func (k key) rsaBits() int {
	parts, ok := der.Parts(k.bits, der.Sequence)
	if !ok || len(parts) != 2 || parts[0].Tag != der.Integer {
		return 0
	}
	return bitLength(parts[0].Value)
}

func bitLength(b []byte) int {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) == 0 {
		return 0
	}
	n := 8 * (len(b) - 1)
	for v := b[0]; v > 0; v >>= 1 {
		n++
	}
	return n
}
