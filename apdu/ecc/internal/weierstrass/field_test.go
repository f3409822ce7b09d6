package weierstrass

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// ops is one size's field, for a test that goes over all sizes.
type ops struct {
	bits              int
	add, sub, mul     func(m, x, y *big.Int) *big.Int
	invert            func(m, x *big.Int) *big.Int
	loose             func(m, x *big.Int) *big.Int // read of x < R, written back
	isZero, moveWorks func(m, x *big.Int) bool
}

// value makes a number of n bits out of bytes, with a taste for limbs that are
// all zeros or all ones, where carries run through.
func value(t *rapid.T, name string, bits int) *big.Int {
	v := new(big.Int)
	for range bits / 64 {
		v.Lsh(v, 64)
		switch rapid.IntRange(0, 3).Draw(t, name+" kind") {
		case 0:
		case 1:
			v.Or(v, new(big.Int).SetUint64(^uint64(0)))
		default:
			v.Or(v, new(big.Int).SetUint64(rapid.Uint64().Draw(t, name)))
		}
	}
	return v
}

func TestFieldAgainstBigInt(t *testing.T) {
	for _, o := range allOps {
		rapid.Check(t, func(t *rapid.T) {
			r := new(big.Int).Lsh(big.NewInt(1), uint(o.bits))
			m := value(t, "modulus", o.bits)
			m.SetBit(m, 0, 1)
			if rapid.Bool().Draw(t, "full") {
				m.SetBit(m, o.bits-1, 1)
			}
			if m.Cmp(big.NewInt(3)) < 0 {
				m.SetInt64(3)
			}
			x, y := value(t, "x", o.bits), value(t, "y", o.bits)
			if got, want := o.loose(m, x), new(big.Int).Mod(x, m); got.Cmp(want) != 0 {
				t.Fatalf("%d bits: %x read modulo %x is %x", o.bits, x, m, got)
			}
			switch rapid.IntRange(0, 3).Draw(t, "edge") {
			case 0:
				x.Sub(m, big.NewInt(1))
			case 1:
				x.SetInt64(0)
			}
			x.Mod(x, m)
			y.Mod(y, m)
			mod := func(v *big.Int) *big.Int { return v.Mod(v, m) }
			for what, pair := range map[string][2]*big.Int{
				"add": {o.add(m, x, y), mod(new(big.Int).Add(x, y))},
				"sub": {o.sub(m, x, y), mod(new(big.Int).Sub(x, y))},
				"mul": {o.mul(m, x, y), mod(new(big.Int).Mul(new(big.Int).Mul(x, y), new(big.Int).ModInverse(r, m)))},
			} {
				if pair[0].Cmp(pair[1]) != 0 {
					t.Fatalf("%d bits, %s of %x and %x modulo %x: %x, want %x", o.bits, what, x, y, m, pair[0], pair[1])
				}
			}
			if o.isZero(m, x) != (x.Sign() == 0) {
				t.Fatalf("isZero of %x", x)
			}
			if !o.moveWorks(m, x) {
				t.Fatalf("move of %x", x)
			}
		})
	}
}

func TestInvert(t *testing.T) {
	for _, o := range allOps {
		// The largest primes of each size that are easy to name: 2^bits - d.
		d := map[int]int64{192: 237, 256: 189, 320: 197, 384: 317, 512: 569}[o.bits]
		p := new(big.Int).Lsh(big.NewInt(1), uint(o.bits))
		p.Sub(p, big.NewInt(d))
		if !p.ProbablyPrime(20) {
			t.Fatalf("2^%d - %d is no prime", o.bits, d)
		}
		for _, x := range []*big.Int{big.NewInt(1), big.NewInt(2), big.NewInt(12345), new(big.Int).Sub(p, big.NewInt(1))} {
			if got := o.invert(p, x); got.Cmp(new(big.Int).ModInverse(x, p)) != 0 {
				t.Errorf("%d bits: 1/%x = %x", o.bits, x, got)
			}
		}
		if got := o.invert(p, new(big.Int)); got.Sign() != 0 {
			t.Errorf("%d bits: 1/0 = %x", o.bits, got)
		}
	}
}

func TestEqualMask(t *testing.T) {
	for a := range uint64(tableSize) {
		for b := range uint64(tableSize) {
			want := uint64(0)
			if a == b {
				want = ^want
			}
			if got := equalMask(a, b); got != want {
				t.Fatalf("equalMask(%d, %d) = %x", a, b, got)
			}
		}
	}
}

func TestNonAdjacent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "k")
		digits := nonAdjacent(k)
		sum := new(big.Int)
		last := nafWidth
		for i := len(digits) - 1; i >= 0; i-- {
			sum.Lsh(sum, 1).Add(sum, big.NewInt(int64(digits[i])))
			d := digits[i]
			last++
			if d == 0 {
				continue
			}
			if d%2 == 0 || d > 15 || d < -15 || last < nafWidth {
				t.Fatalf("digit %d, %d after the one before", d, last)
			}
			last = 0
		}
		if sum.Cmp(new(big.Int).SetBytes(k)) != 0 {
			t.Fatalf("digits make %x", sum)
		}
	})
}

func TestNewRefusesOtherSizes(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))
	defer func() {
		if recover() == nil {
			t.Fatal("a curve of 127 bits was made")
		}
	}()
	New(p, big.NewInt(-3), big.NewInt(1), big.NewInt(1), big.NewInt(1), p)
}
