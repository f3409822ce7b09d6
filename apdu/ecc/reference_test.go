package ecc

import (
	"errors"
	"math/big"
	mrand "math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// reference computes with the textbook formulas on big integers: slow, plain
// to read, and independent of what it checks. (nil, nil) is infinity.
type reference struct{ c *Curve }

func (g reference) add(x1, y1, x2, y2 *big.Int) (*big.Int, *big.Int) {
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

func (g reference) mult(x, y, k *big.Int) (rx, ry *big.Int) {
	for i := k.BitLen() - 1; i >= 0; i-- {
		rx, ry = g.add(rx, ry, rx, ry)
		if k.Bit(i) == 1 {
			rx, ry = g.add(rx, ry, x, y)
		}
	}
	return rx, ry
}

func eachCurve(t *testing.T, f func(t *testing.T, c *Curve)) {
	for _, c := range All() {
		t.Run(c.Name(), func(t *testing.T) { f(t, c) })
	}
}

// same compares a result of this package with one of the reference.
func same(t interface{ Fatalf(string, ...any) }, what string, p *PublicKey, err error, x, y *big.Int) {
	if x == nil {
		if !errors.Is(err, ErrInfinity) {
			t.Fatalf("%s: %v, want infinity", what, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if p.X.Cmp(x) != 0 || p.Y.Cmp(y) != 0 {
		t.Fatalf("%s: (%x, %x), want (%x, %x)", what, p.X, p.Y, x, y)
	}
}

// edgeScalars are 0, 1, 2, … and those around the order and around powers of
// two, where windows, signed digits and reductions go wrong.
func edgeScalars(c *Curve) []*big.Int {
	var list []*big.Int
	add := func(v *big.Int, d int64) { list = append(list, new(big.Int).Add(v, big.NewInt(d))) }
	for i := range int64(35) {
		add(new(big.Int), i)
	}
	for i := int64(-4); i <= 4; i++ {
		add(c.n, i)
	}
	double := new(big.Int).Lsh(c.n, 1)
	half := new(big.Int).Rsh(c.n, 1)
	for i := int64(-1); i <= 1; i++ {
		add(double, i)
		add(half, i)
		add(c.p, i)
		for _, bits := range []uint{64, 128, uint(c.n.BitLen()) - 1, uint(c.n.BitLen())} {
			add(new(big.Int).Lsh(big.NewInt(1), bits), i)
		}
	}
	return list
}

func TestScalarMultAgainstReference(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		ref := reference{c}
		g := c.Generator()
		// A second point, so that nothing rests on the base point's table.
		qx, qy := ref.mult(c.gx, c.gy, big.NewInt(0xC0FFEE))
		q := &PublicKey{c, qx, qy}
		check := func(k *big.Int) {
			gx, gy := ref.mult(g.X, g.Y, k)
			kqx, kqy := ref.mult(qx, qy, k)
			for _, b := range [][]byte{k.Bytes(), k.FillBytes(make([]byte, (k.BitLen()+7)/8+3))} {
				p, err := c.ScalarBaseMult(b)
				same(t, "k·G by table", p, err, gx, gy)
				p, err = c.ScalarMult(g, b)
				same(t, "k·G", p, err, gx, gy)
				p, err = c.ScalarMult(q, b)
				same(t, "k·Q", p, err, kqx, kqy)
			}
		}
		for _, k := range edgeScalars(c) {
			check(k)
		}
		r := mrand.New(mrand.NewPCG(1, uint64(c.BitSize())))
		for range 8 {
			b := make([]byte, c.scalarLen)
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			check(new(big.Int).SetBytes(b))
		}
	})
}

func TestScalarMultEmptyAndLong(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		if _, err := c.ScalarMult(c.Generator(), nil); !errors.Is(err, ErrInfinity) {
			t.Errorf("no bytes: %v", err)
		}
		if _, err := c.ScalarBaseMult(nil); !errors.Is(err, ErrInfinity) {
			t.Errorf("no bytes, base: %v", err)
		}
		long := make([]byte, maxScalar+1)
		if _, err := c.ScalarMult(c.Generator(), long); !errors.Is(err, ErrScalar) {
			t.Errorf("%d bytes: %v", len(long), err)
		}
		// The longest: k = 2^(8·160) - 1.
		for i := range long {
			long[i] = 0xFF
		}
		long = long[:maxScalar]
		x, y := reference{c}.mult(c.gx, c.gy, new(big.Int).SetBytes(long))
		p, err := c.ScalarMult(c.Generator(), long)
		same(t, "160 bytes", p, err, x, y)
		p, err = c.ScalarBaseMult(long)
		same(t, "160 bytes, base", p, err, x, y)
	})
}

func TestAddAgainstReference(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		ref := reference{c}
		var points []*PublicKey
		for _, k := range []int64{1, 2, 3, 0x123456789ABC} {
			x, y := ref.mult(c.gx, c.gy, big.NewInt(k))
			points = append(points, &PublicKey{c, x, y}, &PublicKey{c, x, new(big.Int).Sub(c.p, y)})
		}
		for _, p := range points { // P+P and P+(-P) among them
			for _, q := range points {
				x, y := ref.add(p.X, p.Y, q.X, q.Y)
				r, err := c.Add(p, q)
				same(t, "sum", r, err, x, y)
			}
		}
	})
}

func TestMultiplicationDistributes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(All()).Draw(t, "curve")
		draw := func(name string) []byte { return rapid.SliceOfN(rapid.Byte(), 1, c.scalarLen).Draw(t, name) }
		a, b := draw("a"), draw("b")
		sum := new(big.Int).Add(new(big.Int).SetBytes(a), new(big.Int).SetBytes(b))
		pa, errA := c.ScalarBaseMult(a)
		pb, errB := c.ScalarBaseMult(b)
		if errA != nil || errB != nil {
			return // zero drawn
		}
		want, errWant := c.ScalarBaseMult(sum.Bytes())
		got, err := c.Add(pa, pb)
		if (err == nil) != (errWant == nil) || err == nil && !got.Equal(want) {
			t.Fatalf("a·G + b·G: %v %v, (a+b)·G: %v %v", got, err, want, errWant)
		}
		ab, err1 := c.ScalarMult(pa, b)
		ba, err2 := c.ScalarMult(pb, a)
		if err1 != nil || err2 != nil || !ab.Equal(ba) {
			t.Fatalf("b(aG) = %v %v, a(bG) = %v %v", ab, err1, ba, err2)
		}
	})
}

func TestWrongPoints(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		g := c.Generator()
		other := P256()
		if c == other {
			other = BrainpoolP256r1()
		}
		one := big.NewInt(1)
		for name, p := range map[string]*PublicKey{
			"off the curve":          {c, c.Gx(), new(big.Int).Add(g.Y, one)},
			"zero":                   {c, new(big.Int), new(big.Int)},
			"x not reduced":          {c, new(big.Int).Add(g.X, c.p), g.Y},
			"negative":               {c, new(big.Int).Neg(g.X), g.Y},
			"no coordinates":         {c, nil, nil},
			"no curve":               {nil, g.X, g.Y},
			"of a hand-made curve":   {new(Curve), g.X, g.Y},
			"another curve's":        {c, other.Gx(), other.Gy()},
			"marked another curve's": {other, other.Gx(), other.Gy()},
			"nil":                    nil,
		} {
			if _, err := c.ScalarMult(p, []byte{2}); err == nil {
				t.Errorf("%s: multiplied", name)
			}
			if _, err := c.Add(p, g); err == nil {
				t.Errorf("%s: added", name)
			}
			if _, err := c.Add(g, p); err == nil {
				t.Errorf("%s: added on the right", name)
			}
			k, err := NewPrivateKey(c, []byte{2})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := k.ECDH(p); err == nil {
				t.Errorf("%s: agreed with", name)
			}
			if name != "marked another curve's" && (p.Bytes() != nil || VerifyRaw(p, []byte("d"), make([]byte, 2*c.scalarLen))) {
				t.Errorf("%s: encoded or verified", name)
			}
		}
	})
}
