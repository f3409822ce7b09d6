package ecc

import "math/big"

// maxScalar bounds the length of a scalar in bytes: twice the largest order
// and some more.
const maxScalar = 160

// ScalarMult returns k times p. k is a big-endian number of any length up to
// 160 bytes and need not be reduced; the time depends on its length, not on
// its value. ErrInfinity if the product is infinity (k a multiple of the
// order), ErrNotOnCurve and ErrCurve for a wrong p.
func (c *Curve) ScalarMult(p *PublicKey, k []byte) (*PublicKey, error) {
	if err := c.has(p); err != nil {
		return nil, err
	}
	if len(k) > maxScalar {
		return nil, ErrScalar
	}
	return c.finite(c.arithmetic().Mult(p.field(p.X), p.field(p.Y), k))
}

// ScalarBaseMult returns k times the base point; for k as [Curve.ScalarMult].
func (c *Curve) ScalarBaseMult(k []byte) (*PublicKey, error) {
	if len(k) > maxScalar {
		return nil, ErrScalar
	}
	return c.finite(c.arithmetic().BaseMult(k))
}

// Add returns p + q, which may be equal. ErrInfinity if they are opposite.
func (c *Curve) Add(p, q *PublicKey) (*PublicKey, error) {
	if err := c.has(p); err != nil {
		return nil, err
	}
	if err := c.has(q); err != nil {
		return nil, err
	}
	return c.finite(c.arithmetic().Add(p.field(p.X), p.field(p.Y), q.field(q.X), q.field(q.Y)))
}

// Generator returns the base point.
func (c *Curve) Generator() *PublicKey { return &PublicKey{c, c.Gx(), c.Gy()} }

func (c *Curve) has(p *PublicKey) error {
	if err := p.valid(); err != nil {
		return err
	}
	if p.Curve != c {
		return ErrCurve
	}
	return nil
}

func (c *Curve) finite(x, y []byte, ok bool) (*PublicKey, error) {
	if !ok {
		return nil, ErrInfinity
	}
	return &PublicKey{c, new(big.Int).SetBytes(x), new(big.Int).SetBytes(y)}, nil
}

// field writes a coordinate of a checked key in field length.
func (p *PublicKey) field(v *big.Int) []byte { return v.FillBytes(make([]byte, p.Curve.fieldLen)) }
