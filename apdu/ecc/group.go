package ecc

import (
	"crypto/elliptic"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc/internal/weierstrass"
)

// group is the arithmetic of one curve on points that the caller has found on
// the curve. Coordinates are big-endian, of field length; ok is false for
// infinity. Scalars are big-endian, of any length; time depends on it alone.
type group interface {
	Mult(x, y, k []byte) (rx, ry []byte, ok bool)
	BaseMult(k []byte) (rx, ry []byte, ok bool)
	Add(x1, y1, x2, y2 []byte) (rx, ry []byte, ok bool)
}

// arithmetic returns the standard library's for the curves it has, else the
// generated one. That makes its table of the base point at first use.
func (c *Curve) arithmetic() group {
	c.once.Do(func() {
		if std := stdCurve(c); std != nil {
			c.group = standard{std, c.fieldLen}
			return
		}
		c.weierstrass = weierstrass.New(c.p, c.a, c.b, c.gx, c.gy, c.n)
		c.group = c.weierstrass
	})
	return c.group
}

// standard is a curve of crypto/elliptic. That API is deprecated for ECDH,
// which has a package of its own; PACE's mapping needs points, though, and
// behind it is the same constant-time arithmetic.
type standard struct {
	curve elliptic.Curve
	len   int
}

func (s standard) point(x, y *big.Int) (rx, ry []byte, ok bool) {
	return x.FillBytes(make([]byte, s.len)), y.FillBytes(make([]byte, s.len)), x.Sign() != 0 || y.Sign() != 0
}

func (s standard) Mult(x, y, k []byte) (rx, ry []byte, ok bool) {
	//lint:ignore SA1019 points are needed here, see standard
	return s.point(s.curve.ScalarMult(new(big.Int).SetBytes(x), new(big.Int).SetBytes(y), k))
}

func (s standard) BaseMult(k []byte) (rx, ry []byte, ok bool) {
	//lint:ignore SA1019 points are needed here, see standard
	return s.point(s.curve.ScalarBaseMult(k))
}

func (s standard) Add(x1, y1, x2, y2 []byte) (rx, ry []byte, ok bool) {
	//lint:ignore SA1019 points are needed here, see standard
	return s.point(s.curve.Add(new(big.Int).SetBytes(x1), new(big.Int).SetBytes(y1),
		new(big.Int).SetBytes(x2), new(big.Int).SetBytes(y2)))
}
