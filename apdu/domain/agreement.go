package domain

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Generator is a generator of the group: the one that the parameters name, or
// another, as PACE maps it from a nonce. A mapped one is a secret of its run.
type Generator struct {
	v *PublicKey
}

// Generator returns the generator that the parameters name.
func (p *Parameters) Generator() Generator {
	if p.curve != nil {
		return Generator{&PublicKey{p: p, point: p.curve.Generator()}}
	}
	return Generator{&PublicKey{p: p, y: p.group.G()}}
}

// NewGenerator makes v the generator of its group. v is valid, so it is neither
// infinity nor one, and its order is that of the group.
func NewGenerator(v *PublicKey) Generator { return Generator{v} }

// String never shows a mapped generator.
func (g Generator) String() string { return "[generator]" }

// Element returns the generator as a member of its group.
func (g Generator) Element() *PublicKey { return g.v }

// Key is a private key over a generator. It prints as a secret.
type Key struct {
	p      *Parameters
	scalar mac.Key
	public *PublicKey
}

// GenerateKey makes a key from random, nil meaning crypto/rand.Reader: uniform
// in [1, order-1], or in [2, p-2] where the order is not known.
func (g Generator) GenerateKey(random io.Reader) (*Key, error) {
	if random == nil {
		random = rand.Reader
	}
	bound := g.v.p.bound()
	b := make([]byte, (bound.BitLen()+7)/8)
	defer clear(b)
	// FIPS 186-5, A.2.2: candidates until one is in range, the bits above the
	// bound cut off.
	for range 256 {
		if _, err := io.ReadFull(random, b); err != nil {
			return nil, fmt.Errorf("domain: random numbers: %w", err)
		}
		if over := len(b)*8 - bound.BitLen(); over > 0 {
			b[0] &= 0xFF >> over
		}
		k, err := g.NewKey(b)
		if err == nil {
			return k, nil
		}
	}
	return nil, fmt.Errorf("domain: random numbers: %w", ErrScalar)
}

// bound is what a scalar must be less than.
func (p *Parameters) bound() *big.Int {
	if n := p.Order(); n != nil {
		return n
	}
	return new(big.Int).Sub(p.Field(), one)
}

// NewKey makes a key of a big-endian scalar in [1, order-1].
func (g Generator) NewKey(scalar []byte) (*Key, error) {
	p := g.v.p
	d := new(big.Int).SetBytes(scalar)
	if d.Sign() == 0 || d.Cmp(p.bound()) >= 0 {
		return nil, ErrScalar
	}
	fixed := d.FillBytes(make([]byte, (p.bound().BitLen()+7)/8))
	defer clear(fixed)
	public, err := g.v.times(fixed)
	if err != nil {
		return nil, err
	}
	return &Key{p: p, scalar: mac.NewKey(fixed), public: public}, nil
}

// OfECC makes a key of an elliptic curve key.
func OfECC(k *ecc.PrivateKey) (*Key, error) {
	p, err := OfCurve(k.Curve())
	if err != nil {
		return nil, err
	}
	b := k.Bytes()
	defer clear(b)
	return p.Generator().NewKey(b)
}

// Public is the public key.
func (k *Key) Public() *PublicKey { return k.public }

// Parameters are the domain parameters of k.
func (k *Key) Parameters() *Parameters { return k.p }

// Scalar is the secret number, as long as the order.
func (k *Key) Scalar() mac.Key { return k.scalar }

// Wipe forgets the secret number.
func (k *Key) Wipe() { k.scalar.Wipe() }

// String never shows the secret.
func (k *Key) String() string { return "[secret]" }

// Agree computes the shared value of k and peer: ECKA of TR-03111 v2.1, 4.3.1
// (every curve here has cofactor 1), or PKCS#3.
func (k *Key) Agree(peer *PublicKey) (*Shared, error) {
	if peer == nil || !k.p.Equal(peer.p) {
		return nil, ErrMismatch
	}
	if k.scalar.Len() == 0 {
		return nil, ErrScalar
	}
	v, err := peer.times(k.scalar.Bytes())
	if err != nil {
		return nil, err
	}
	return &Shared{v}, nil
}

// Shared is the value two keys agree on. It prints as a secret.
type Shared struct {
	v *PublicKey
}

// String never shows the secret.
func (s *Shared) String() string { return "[secret]" }

// Element is the shared value as a member of the group: a secret.
func (s *Shared) Element() *PublicKey { return s.v }

// Secret is what keys are derived from (Doc 9303-11 (8th ed.), 9.7.1): the x
// coordinate with the length of the field, or the number with the length of the
// modulus (PKCS#3, 8.2).
func (s *Shared) Secret() mac.Key {
	if s.v.point != nil {
		return mac.NewKey(s.v.point.X.FillBytes(make([]byte, s.v.p.curve.FieldLen())))
	}
	return mac.NewKey(s.v.y.FillBytes(make([]byte, s.v.p.group.Len())))
}

// PublicKey is a valid public key: a member of the group other than its
// neutral element.
type PublicKey struct {
	p     *Parameters
	point *ecc.PublicKey
	y     *big.Int
}

// Parameters are the domain parameters of v.
func (v *PublicKey) Parameters() *Parameters { return v.p }

// Point is the point of an elliptic curve key, else nil.
func (v *PublicKey) Point() *ecc.PublicKey { return v.point }

// Number is the value of a prime field key, else nil.
func (v *PublicKey) Number() *big.Int {
	if v.y == nil {
		return nil
	}
	return new(big.Int).Set(v.y)
}

// Bytes is the plain public key value (Doc 9303-11 (8th ed.), 9.4.5 and 9.4.1):
// an uncompressed point, or an unsigned integer without leading zeros.
func (v *PublicKey) Bytes() []byte {
	if v.point != nil {
		return v.point.Bytes()
	}
	return v.y.Bytes()
}

// Equal reports the same value over the same parameters.
func (v *PublicKey) Equal(x crypto.PublicKey) bool {
	o, ok := x.(*PublicKey)
	if !ok || v == nil || o == nil || !v.p.Equal(o.p) {
		return false
	}
	if v.point != nil {
		return v.point.X.Cmp(o.point.X) == 0 && v.point.Y.Cmp(o.point.Y) == 0
	}
	return v.y.Cmp(o.y) == 0
}

// times is the scalar multiple or the power of v.
func (v *PublicKey) times(scalar []byte) (*PublicKey, error) {
	if v.point != nil {
		q, err := v.p.curve.ScalarMult(v.point, scalar)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
		}
		return &PublicKey{p: v.p, point: q}, nil
	}
	y := new(big.Int).Exp(v.y, new(big.Int).SetBytes(scalar), v.p.group.p)
	if err := v.p.group.check(y); err != nil {
		return nil, err
	}
	return &PublicKey{p: v.p, y: y}, nil
}

// ParsePublicKey reads a plain public key value and checks it: an uncompressed
// point on the curve and not infinity (TR-03111 v2.1, 3.2.2), or a number in the
// subgroup (RFC 2631, 2.1.5). Leading zeros of a number are tolerated up to the
// length of the modulus and one byte more.
func (p *Parameters) ParsePublicKey(b []byte) (*PublicKey, error) {
	if p.curve != nil {
		// Only uncompressed points (Doc 9303-11, 4.4.3.2).
		if len(b) == 0 || b[0] != 0x04 {
			return nil, fmt.Errorf("%w: not an uncompressed point", ErrPublicKey)
		}
		q, err := ecc.ParsePoint(p.curve, b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
		}
		return &PublicKey{p: p, point: q}, nil
	}
	if len(b) == 0 || len(b) > p.group.Len()+1 {
		return nil, fmt.Errorf("%w: number of %d bytes", ErrPublicKey, len(b))
	}
	return p.newNumber(new(big.Int).SetBytes(b))
}

// NewPoint makes a public key of a point of the curve of p.
func (p *Parameters) NewPoint(q *ecc.PublicKey) (*PublicKey, error) {
	if p.curve == nil || q == nil || q.Curve != p.curve {
		return nil, ErrMismatch
	}
	q, err := ecc.FromPublic(q)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	return &PublicKey{p: p, point: q}, nil
}

// NewNumber makes a public key of a number in the group of p.
func (p *Parameters) NewNumber(y *big.Int) (*PublicKey, error) {
	if p.group == nil || y == nil {
		return nil, ErrMismatch
	}
	return p.newNumber(new(big.Int).Set(y))
}

func (p *Parameters) newNumber(y *big.Int) (*PublicKey, error) {
	if err := p.group.check(y); err != nil {
		return nil, err
	}
	return &PublicKey{p: p, y: y}, nil
}

// FromPublic makes a public key of what the rest of the module calls one: a
// *PublicKey of this package, an *ecc.PublicKey or an *ecdsa.PublicKey.
func FromPublic(pub crypto.PublicKey) (*PublicKey, error) {
	if v, ok := pub.(*PublicKey); ok && v != nil {
		return v, nil
	}
	q, err := ecc.FromPublic(pub)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	p, err := OfCurve(q.Curve)
	if err != nil {
		return nil, err
	}
	return p.NewPoint(q)
}
