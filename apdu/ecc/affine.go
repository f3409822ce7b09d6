package ecc

import "math/big"

// affine computes with the textbook formulas on big integers.
type affine struct{ c *Curve }

func newAffine(c *Curve) group { return affine{c} }

func (g affine) add(x1, y1, x2, y2 *big.Int) (*big.Int, *big.Int) {
	if x1 == nil {
		return x2, y2
	}
	if x2 == nil {
		return x1, y1
	}
	p := g.c.p
	num, den := new(big.Int), new(big.Int)
	if x1.Cmp(x2) == 0 {
		if y1.Cmp(y2) != 0 || y1.Sign() == 0 {
			return nil, nil
		}
		num.Mul(x1, x1).Mul(num, big.NewInt(3)).Add(num, g.c.a)
		den.Lsh(y1, 1)
	} else {
		num.Sub(y2, y1)
		den.Sub(x2, x1).Mod(den, p)
	}
	l := num.Mul(num, den.ModInverse(den, p))
	l.Mod(l, p)
	x := new(big.Int).Mul(l, l)
	x.Sub(x, x1).Sub(x, x2).Mod(x, p)
	y := new(big.Int).Sub(x1, x)
	y.Mul(y, l).Sub(y, y1).Mod(y, p)
	return x, y
}

func (g affine) mult(x, y *big.Int, k []byte) (rx, ry *big.Int) {
	for _, b := range k {
		for i := 7; i >= 0; i-- {
			rx, ry = g.add(rx, ry, rx, ry)
			if b>>i&1 == 1 {
				rx, ry = g.add(rx, ry, x, y)
			}
		}
	}
	return rx, ry
}

func (g affine) baseMult(k []byte) (*big.Int, *big.Int) { return g.mult(g.c.gx, g.c.gy, k) }

func (g affine) verify(x, y, e, r, s *big.Int) bool {
	n := g.c.n
	w := new(big.Int).ModInverse(s, n)
	u1 := new(big.Int).Mul(e, w)
	u2 := new(big.Int).Mul(r, w)
	ax, ay := g.baseMult(u1.Mod(u1, n).Bytes())
	bx, by := g.mult(x, y, u2.Mod(u2, n).Bytes())
	rx, _ := g.add(ax, ay, bx, by)
	return rx != nil && new(big.Int).Mod(rx, n).Cmp(r) == 0
}
