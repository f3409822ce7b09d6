package ecc

import "math/big"

// group is the arithmetic of one curve. Points go in as affine coordinates
// that the caller has found on the curve; (nil, nil) comes out for infinity.
// Scalars are big-endian byte strings of any length, not reduced.
type group interface {
	// mult multiplies a point; how long it takes depends on len(k) alone.
	mult(x, y *big.Int, k []byte) (rx, ry *big.Int)
	// baseMult multiplies the base point, in the same way.
	baseMult(k []byte) (rx, ry *big.Int)
	// add adds two points, equal and opposite ones too.
	add(x1, y1, x2, y2 *big.Int) (rx, ry *big.Int)
	// verify decides an ECDSA signature: e, r, s in [0, n) resp. [1, n).
	// Everything is public.
	verify(x, y, e, r, s *big.Int) bool
}

func (c *Curve) arithmetic() group {
	c.once.Do(func() { c.group = newAffine(c) })
	return c.group
}
