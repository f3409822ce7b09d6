package ecc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"fmt"
	"math/big"
)

// PublicKey is a point on a curve, not infinity. Those that functions of this
// package return are on their curve; one filled in by hand is checked wherever
// it is used.
type PublicKey struct {
	Curve *Curve
	X, Y  *big.Int
}

// NewPoint makes a public key of affine coordinates. ErrNotOnCurve.
func NewPoint(c *Curve, x, y *big.Int) (*PublicKey, error) {
	if c == nil {
		return nil, ErrUnknownCurve
	}
	if !c.onCurve(x, y) {
		return nil, ErrNotOnCurve
	}
	return &PublicKey{c, new(big.Int).Set(x), new(big.Int).Set(y)}, nil
}

// ParsePoint reads an encoded point (TR-03111 v2.1, 3.2; X9.62, 4.3.7):
// uncompressed 04 || X || Y, or compressed 02 or 03 || X. ErrInfinity for the
// point at infinity, ErrEncoding, ErrNotOnCurve.
func ParsePoint(c *Curve, b []byte) (*PublicKey, error) {
	if c == nil {
		return nil, ErrUnknownCurve
	}
	l := c.fieldLen
	switch {
	case len(b) == 1 && b[0] == 0:
		return nil, ErrInfinity
	case len(b) == 1+2*l && b[0] == 4:
		return NewPoint(c, new(big.Int).SetBytes(b[1:1+l]), new(big.Int).SetBytes(b[1+l:]))
	case len(b) == 1+l && (b[0] == 2 || b[0] == 3):
		return c.decompress(new(big.Int).SetBytes(b[1:]), uint(b[0]&1))
	}
	return nil, fmt.Errorf("%w: %d bytes are no point of %s", ErrEncoding, len(b), c.name)
}

func (c *Curve) decompress(x *big.Int, odd uint) (*PublicKey, error) {
	if x.Cmp(c.p) >= 0 {
		return nil, ErrNotOnCurve
	}
	y := new(big.Int).Mul(x, x)
	y.Add(y, c.a).Mul(y, x).Add(y, c.b).Mod(y, c.p)
	if y.ModSqrt(y, c.p) == nil {
		return nil, ErrNotOnCurve
	}
	if y.Bit(0) != odd {
		y.Sub(c.p, y)
	}
	return NewPoint(c, x, y)
}

// valid checks a key that may have been filled in by hand.
func (p *PublicKey) valid() error {
	if p == nil || p.Curve == nil || p.Curve.p == nil {
		return ErrUnknownCurve
	}
	if !p.Curve.onCurve(p.X, p.Y) {
		return ErrNotOnCurve
	}
	return nil
}

// Bytes returns the uncompressed point, 04 || X || Y with coordinates of
// FieldLen bytes; nil if the key is not a point of its curve.
func (p *PublicKey) Bytes() []byte {
	if p.valid() != nil {
		return nil
	}
	l := p.Curve.fieldLen
	b := make([]byte, 1+2*l)
	b[0] = 4
	p.X.FillBytes(b[1 : 1+l])
	p.Y.FillBytes(b[1+l:])
	return b
}

// XBytes returns the x coordinate, FieldLen bytes; nil if the key is not a
// point of its curve.
func (p *PublicKey) XBytes() []byte {
	if p.valid() != nil {
		return nil
	}
	return p.X.FillBytes(make([]byte, p.Curve.fieldLen))
}

// Equal reports whether x is the same point on the same curve, as a *PublicKey
// or an *ecdsa.PublicKey.
func (p *PublicKey) Equal(x crypto.PublicKey) bool {
	o, err := FromPublic(x)
	if err != nil || p.valid() != nil {
		return false
	}
	return p.Curve == o.Curve && p.X.Cmp(o.X) == 0 && p.Y.Cmp(o.Y) == 0
}

// Std returns the key as the standard library's, for the curves it has:
// P-224, P-256, P-384 and P-521.
func (p *PublicKey) Std() (*ecdsa.PublicKey, bool) {
	std := stdCurve(p.Curve)
	if std == nil || p.valid() != nil {
		return nil, false
	}
	k, err := ecdsa.ParseUncompressedPublicKey(std, p.Bytes())
	if err != nil {
		return nil, false
	}
	return k, true
}

func stdCurve(c *Curve) elliptic.Curve {
	switch c {
	case P224():
		return elliptic.P224()
	case P256():
		return elliptic.P256()
	case P384():
		return elliptic.P384()
	case P521():
		return elliptic.P521()
	}
	return nil
}

// FromPublic takes a *PublicKey, an *ecdsa.PublicKey or a value of either and
// returns it checked. Anything else is ErrUnknownCurve.
func FromPublic(pub crypto.PublicKey) (*PublicKey, error) {
	switch k := pub.(type) {
	case *PublicKey:
		if err := k.valid(); err != nil {
			return nil, err
		}
		return k, nil
	case PublicKey:
		return FromPublic(&k)
	case *ecdsa.PublicKey:
		return fromStd(k)
	case ecdsa.PublicKey:
		return fromStd(&k)
	}
	return nil, fmt.Errorf("%w: %T is no elliptic curve key", ErrUnknownCurve, pub)
}

func fromStd(k *ecdsa.PublicKey) (*PublicKey, error) {
	if k == nil || k.Curve == nil {
		return nil, ErrUnknownCurve
	}
	for _, c := range curves {
		if std := stdCurve(c); std != nil && std == k.Curve {
			b, err := k.Bytes()
			if err != nil {
				return nil, ErrNotOnCurve
			}
			return ParsePoint(c, b)
		}
	}
	return nil, ErrUnknownCurve
}
