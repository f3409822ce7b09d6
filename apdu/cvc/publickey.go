package cvc

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Objects of a public key (TR-03110-3 v2.21, D.3.1 and D.3.3).
const (
	tagPublicKey tlv.Tag = 0x7F49
	tagOID       tlv.Tag = 0x06
	tagModulus   tlv.Tag = 0x81
	tagExponent  tlv.Tag = 0x82
	tagPrime     tlv.Tag = 0x81
	tagA         tlv.Tag = 0x82
	tagB         tlv.Tag = 0x83
	tagBase      tlv.Tag = 0x84
	tagOrder     tlv.Tag = 0x85
	tagPoint     tlv.Tag = 0x86
	tagCofactor  tlv.Tag = 0x87
)

// Bounds of what is read, in bytes: a field of 521 bits, a modulus of 8192.
const (
	maxField   = 66
	maxModulus = 1024
)

// PublicKey is a public key as a certificate carries it: an elliptic curve key
// may come without its domain parameters and inherits them then.
type PublicKey struct {
	// Algorithm is how the holder signs.
	Algorithm Algorithm

	rsa   *rsa.PublicKey
	curve *ecc.Curve // nil without domain parameters
	point []byte     // uncompressed
}

// NewPublicKey makes the key that a certificate for pub carries, with domain
// parameters. Only sizes of TR-03110-3 v2.21, A.7.3.2 and A.7.4.2. ErrKey,
// ErrAlgorithm.
func NewPublicKey(a Algorithm, pub crypto.PublicKey) (PublicKey, error) {
	if !a.valid() {
		return PublicKey{}, fmt.Errorf("%w: none", ErrAlgorithm)
	}
	pub, err := a.normal(pub)
	if err != nil {
		return PublicKey{}, err
	}
	k := PublicKey{Algorithm: a}
	switch p := pub.(type) {
	case *rsa.PublicKey:
		k.rsa = p
	case *ecc.PublicKey:
		k.curve, k.point = p.Curve, p.Bytes()
	}
	if note := k.sizeNote(); note != "" {
		return PublicKey{}, fmt.Errorf("%w: %s", ErrKey, note)
	}
	return k, nil
}

// checkRSA bounds an RSA key by what can be verified with.
func checkRSA(k *rsa.PublicKey) error {
	if n := k.N.BitLen(); n < 1024 || n > 8*maxModulus {
		return fmt.Errorf("%w: RSA with %d bits", ErrKey, n)
	}
	if k.N.Bit(0) == 0 || k.E < 3 || k.E&1 == 0 || int64(k.E) > 1<<31-1 {
		return fmt.Errorf("%w: RSA modulus or exponent", ErrKey)
	}
	return nil
}

// sizeNote says that the standard does not have a key of this size.
func (k PublicKey) sizeNote() string {
	switch {
	case k.rsa != nil:
		if !slices.Contains([]int{1024, 1280, 1536, 2048, 3072}, k.rsa.N.BitLen()) {
			return fmt.Sprintf("RSA with %d bits (TR-03110-3 v2.21, A.7.3.2)", k.rsa.N.BitLen())
		}
	case k.curve != nil:
		if !slices.Contains([]int{160, 192, 224, 256, 320, 384, 512}, k.curve.BitSize()) {
			return fmt.Sprintf("curve with %d bits (TR-03110-3 v2.21, A.7.4.2)", k.curve.BitSize())
		}
	}
	return ""
}

// Curve is the curve of the domain parameters in the key, nil if it has none.
func (k PublicKey) Curve() *ecc.Curve { return k.curve }

// HasDomain reports whether domain parameters are in the key. RSA keys have
// none ever.
func (k PublicKey) HasDomain() bool { return k.curve != nil }

// Key is the key as *rsa.PublicKey or *ecc.PublicKey, checked; inherited is the
// curve for a key without domain parameters, nil if there is none to inherit.
// ErrDomain, ErrKey.
func (k PublicKey) Key(inherited *ecc.Curve) (crypto.PublicKey, error) {
	switch {
	case k.rsa != nil:
		return k.rsa, nil
	case !k.Algorithm.ECDSA():
		return nil, fmt.Errorf("%w: none", ErrKey)
	case k.curve != nil:
		inherited = k.curve
	case inherited == nil:
		return nil, fmt.Errorf("%w: none to inherit", ErrDomain)
	}
	p, err := ecc.ParsePoint(inherited, k.point)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return p, nil
}

// encode is DO 7F49, with domain parameters or without.
func (k PublicKey) encode(domain bool) ([]byte, error) {
	oid, err := asn1.Marshal(k.Algorithm.OID())
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrAlgorithm, k.Algorithm)
	}
	if k.rsa != nil {
		return tlv.Encode(tagPublicKey, oid, tlv.Encode(tagModulus, k.rsa.N.Bytes()), tlv.Encode(tagExponent, big.NewInt(int64(k.rsa.E)).Bytes())), nil
	}
	if !domain {
		return tlv.Encode(tagPublicKey, oid, tlv.Encode(tagPoint, k.point)), nil
	}
	if k.curve == nil {
		return nil, fmt.Errorf("%w: the key has none", ErrDomain)
	}
	c := k.curve
	return tlv.Encode(tagPublicKey, oid,
		tlv.Encode(tagPrime, c.P().Bytes()), tlv.Encode(tagA, c.A().Bytes()), tlv.Encode(tagB, c.B().Bytes()),
		tlv.Encode(tagBase, c.Generator().Bytes()), tlv.Encode(tagOrder, c.N().Bytes()),
		tlv.Encode(tagPoint, k.point), tlv.Encode(tagCofactor, big.NewInt(int64(c.H())).Bytes())), nil
}

// publicKey reads DO 7F49.
func (r *reader) publicKey(n tlv.Node) (PublicKey, error) {
	m, err := r.objects(n, "public key", tagOID, tagModulus, tagExponent, tagB, tagBase, tagOrder, tagPoint, tagCofactor)
	if err != nil {
		return PublicKey{}, err
	}
	o, ok := m[tagOID]
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: public key without an object identifier", ErrFormat)
	}
	oid, err := parseOID(o)
	if err != nil {
		return PublicKey{}, err
	}
	k := PublicKey{}
	if k.Algorithm, err = ParseAlgorithm(oid); err != nil {
		return PublicKey{}, err
	}
	if k.Algorithm.ECDSA() {
		err = r.curveKey(&k, m)
	} else {
		err = r.rsaKey(&k, m)
	}
	if err != nil {
		return PublicKey{}, err
	}
	r.note(k.sizeNote())
	return k, nil
}

func (r *reader) rsaKey(k *PublicKey, m map[tlv.Tag]tlv.Node) error {
	for tag := range m {
		if tag != tagOID && tag != tagModulus && tag != tagExponent {
			return fmt.Errorf("%w: object %v in an RSA key", ErrFormat, tag)
		}
	}
	n, err := r.integer(m, tagModulus, maxModulus)
	if err != nil {
		return err
	}
	e, err := r.integer(m, tagExponent, 4)
	if err != nil {
		return err
	}
	k.rsa = &rsa.PublicKey{N: n}
	if e.IsInt64() && e.Int64() < 1<<31 {
		k.rsa.E = int(e.Int64())
	}
	return checkRSA(k.rsa)
}

// curveKey reads an elliptic curve key. Domain parameters are all there, the
// cofactor apart, or none is (D.3.3).
func (r *reader) curveKey(k *PublicKey, m map[tlv.Tag]tlv.Node) error {
	y, ok := m[tagPoint]
	if !ok {
		return fmt.Errorf("%w: elliptic curve key without a point", ErrFormat)
	}
	k.point = y.Value
	if len(y.Value) < 3 || len(y.Value) > 1+2*maxField || len(y.Value)%2 == 0 || y.Value[0] != 4 {
		return fmt.Errorf("%w: not an uncompressed point", ErrKey)
	}
	domain := []tlv.Tag{tagPrime, tagA, tagB, tagBase, tagOrder}
	have := 0
	for _, tag := range domain {
		if _, ok := m[tag]; ok {
			have++
		}
	}
	_, cofactor := m[tagCofactor]
	switch {
	case have == 0 && !cofactor:
		return nil
	case have != len(domain):
		return fmt.Errorf("%w: incomplete", ErrDomain)
	}
	q := ecc.Parameters{}
	values := []struct {
		tag tlv.Tag
		v   **big.Int
	}{{tagPrime, &q.P}, {tagA, &q.A}, {tagB, &q.B}, {tagOrder, &q.N}, {tagCofactor, &q.H}}
	if !cofactor {
		// It may be left out (D.3.3): it follows from the others.
		values = values[:4]
	}
	for _, x := range values {
		var err error
		if *x.v, err = r.integer(m, x.tag, maxField); err != nil {
			return fmt.Errorf("%w: %w", ErrDomain, err)
		}
	}
	g := m[tagBase].Value
	if len(g) < 3 || len(g)%2 == 0 || g[0] != 4 {
		return fmt.Errorf("%w: base point is not an uncompressed point", ErrDomain)
	}
	half := len(g) / 2
	q.Gx, q.Gy = new(big.Int).SetBytes(g[1:1+half]), new(big.Int).SetBytes(g[1+half:])
	c, err := ecc.Match(q)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDomain, err)
	}
	k.curve = c
	_, err = k.Key(nil)
	return err
}

// integer reads an unsigned integer of at most size bytes; leading zeros are
// noted (D.2.1.1).
func (r *reader) integer(m map[tlv.Tag]tlv.Node, tag tlv.Tag, size int) (*big.Int, error) {
	n, ok := m[tag]
	if !ok {
		return nil, fmt.Errorf("%w: public key without object %v", ErrFormat, tag)
	}
	b := n.Value
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: empty integer %v", ErrFormat, tag)
	}
	if b[0] == 0 {
		r.note(fmt.Sprintf("leading zero in integer %v (TR-03110-3 v2.21, D.2.1.1)", tag))
		b = b[1:]
	}
	if len(b) > size {
		return nil, fmt.Errorf("%w: integer %v of %d bytes", ErrFormat, tag, len(b))
	}
	return new(big.Int).SetBytes(b), nil
}

func parseOID(n tlv.Node) (asn1.ObjectIdentifier, error) {
	var oid asn1.ObjectIdentifier
	if len(n.Value) > 32 {
		return nil, fmt.Errorf("%w: object identifier of %d bytes", ErrFormat, len(n.Value))
	}
	if rest, err := asn1.Unmarshal(tlv.Encode(tagOID, n.Value), &oid); err != nil || len(rest) != 0 {
		return nil, fmt.Errorf("%w: object identifier", ErrFormat)
	}
	return oid, nil
}

// samePublic compares two keys of *rsa.PublicKey or of kinds that ecc takes.
func samePublic(a, b crypto.PublicKey) bool {
	if k, ok := a.(*rsa.PublicKey); ok {
		return k != nil && k.Equal(b)
	}
	k, err := ecc.FromPublic(a)
	return err == nil && k.Equal(b)
}
