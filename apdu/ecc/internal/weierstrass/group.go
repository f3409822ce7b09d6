package weierstrass

import (
	"encoding/binary"
	"math/big"
)

// Group is the arithmetic of one curve. Coordinates are big-endian and of
// field length, points are affine and on the curve; ok is false for infinity.
// Scalars are big-endian.
type Group interface {
	// Mult returns k times the point, for k of any length.
	Mult(x, y, k []byte) (rx, ry []byte, ok bool)
	// BaseMult returns k times the base point, for k of any length.
	BaseMult(k []byte) (rx, ry []byte, ok bool)
	// Add returns the sum of two points.
	Add(x1, y1, x2, y2 []byte) (rx, ry []byte, ok bool)
	// VerifyX reports whether the x coordinate of u1·G + u2·Q is r modulo the
	// order. u1, u2 and r are below the order and of scalar length. Not
	// constant-time.
	VerifyX(x, y, u1, u2, r []byte) bool
	// Sign returns r = x(k·G) mod n and s = (e + r·d)/k mod n. d, k and e are
	// below n and of scalar length. ok is false if r or s is zero.
	Sign(d, k, e []byte) (r, s []byte, ok bool)
}

const (
	window    = 4           // bits
	tableSize = 1 << window // entries
	nafWidth  = 5           // bits of a signed digit
	odd       = 1 << (nafWidth - 2)
)

// shape is what is needed of a curve's parameters beside its arithmetic.
type shape struct {
	p, n, gx, gy        *big.Int
	fieldLen, scalarLen int // bytes
}

// isomorphism leads from y² = x³ + ax + b onto y² = x³ - 3x + b·u⁶ by
// (x, y) → (x·u², y·u³), with a·u⁴ = -3.
type isomorphism struct{ b, u2, u3, inv2, inv3 *big.Int }

// New returns the arithmetic of a curve of prime order, cofactor 1, whose
// field and order have the same number of 64-bit limbs: 3, 4, 5, 6 or 8. It
// panics on other curves, and on those without the isomorphism that doc.go
// speaks of: curves are constants of the program.
func New(p, a, b, gx, gy, n *big.Int) Group {
	s := shape{p: p, n: n, gx: gx, gy: gy, fieldLen: (p.BitLen() + 7) / 8, scalarLen: (n.BitLen() + 7) / 8}
	l := (p.BitLen() + 63) / 64
	if l != (n.BitLen()+63)/64 {
		panic("weierstrass: field and order differ in size")
	}
	iso := findIsomorphism(p, a, b)
	switch l {
	case 3:
		return newCurve3(s, iso)
	case 4:
		return newCurve4(s, iso)
	case 5:
		return newCurve5(s, iso)
	case 6:
		return newCurve6(s, iso)
	case 8:
		return newCurve8(s, iso)
	}
	panic("weierstrass: no arithmetic of this size")
}

func findIsomorphism(p, a, b *big.Int) isomorphism {
	v := new(big.Int).ModInverse(a, p)
	v.Mul(v, big.NewInt(-3)).Mod(v, p) // u⁴
	if v.ModSqrt(v, p) == nil {
		panic("weierstrass: no isomorphism with a = -3")
	}
	u := new(big.Int).ModSqrt(v, p)
	if u == nil { // then the other root of u⁴ is a square, as p is 3 mod 4
		if u = new(big.Int).ModSqrt(v.Sub(p, v), p); u == nil {
			panic("weierstrass: no isomorphism with a = -3")
		}
	}
	mul := func(x, y *big.Int) *big.Int { z := new(big.Int).Mul(x, y); return z.Mod(z, p) }
	u2 := mul(u, u)
	u3 := mul(u2, u)
	return isomorphism{
		b: mul(b, mul(u3, u3)), u2: u2, u3: u3,
		inv2: new(big.Int).ModInverse(u2, p), inv3: new(big.Int).ModInverse(u3, p),
	}
}

// montgomeryInverse returns -1/m mod 2^64.
func montgomeryInverse(m *big.Int) uint64 {
	two64 := new(big.Int).Lsh(big.NewInt(1), 64)
	inv := new(big.Int).ModInverse(new(big.Int).Mod(m, two64), two64)
	return -inv.Uint64()
}

// loadLimbs reads a big-endian number into limbs, least significant first.
// b is at most 8·len(z) bytes.
func loadLimbs(z []uint64, b []byte) {
	var buf [64]byte
	w := buf[:8*len(z)]
	copy(w[len(w)-len(b):], b)
	for i := range z {
		z[i] = binary.BigEndian.Uint64(w[len(w)-8*(i+1):])
	}
	clear(w)
}

// storeLimbs writes limbs as size bytes, big-endian; what is above is zero.
func storeLimbs(z []uint64, size int) []byte {
	w := make([]byte, 8*len(z))
	for i, v := range z {
		binary.BigEndian.PutUint64(w[len(w)-8*(i+1):], v)
	}
	return w[len(w)-size:]
}

// equalMask returns all ones if a and b, below 2^63, are equal, else zero.
func equalMask(a, b uint64) uint64 { return -(((a ^ b) - 1) >> 63) }

// candidates returns the field elements that are r modulo the order: r, and
// r + n if below p.
func (s *shape) candidates(r []byte) [][]byte {
	list := [][]byte{r}
	v := new(big.Int).SetBytes(r)
	if v.Add(v, s.n).Cmp(s.p) < 0 {
		list = append(list, v.FillBytes(make([]byte, s.fieldLen)))
	}
	return list
}

// nonAdjacent writes a public number as signed digits, each zero or odd and
// between -15 and 15, no two of five neighbours other than zero; least
// significant first.
func nonAdjacent(k []byte) []int {
	v := new(big.Int).SetBytes(k)
	digits := make([]int, 0, 8*len(k)+1)
	t := new(big.Int)
	for v.Sign() != 0 {
		d := 0
		if v.Bit(0) == 1 {
			for i := range nafWidth {
				d |= int(v.Bit(i)) << i
			}
			if d >= 1<<(nafWidth-1) {
				d -= 1 << nafWidth
			}
			v.Sub(v, t.SetInt64(int64(d)))
		}
		digits = append(digits, d)
		v.Rsh(v, 1)
	}
	return digits
}
