package ecc

import (
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu/ecc/internal/weierstrass"
)

// Errors of this package. A wrong signature is no error but false.
var (
	ErrUnknownCurve = errors.New("ecc: not a known curve")
	ErrNotOnCurve   = errors.New("ecc: point is not on the curve")
	ErrInfinity     = errors.New("ecc: point at infinity")
	ErrEncoding     = errors.New("ecc: malformed encoding")
	ErrScalar       = errors.New("ecc: scalar out of range")
	ErrCurve        = errors.New("ecc: points are on different curves")
)

// Curve is one of the curves known here: immutable, and one value for each
// curve, so curves compare with ==.
type Curve struct {
	name                string
	oid                 asn1.ObjectIdentifier
	p, a, b, gx, gy, n  *big.Int
	fieldLen, scalarLen int

	once        sync.Once
	group       group
	weierstrass weierstrass.Group // nil for the standard library's curves
}

type literal struct {
	name               string
	oid                []int
	p, a, b, gx, gy, n string
}

var curves = func() []*Curve {
	list := make([]*Curve, len(curveParameters))
	for i, l := range curveParameters {
		c := &Curve{
			name: l.name, oid: l.oid,
			p: fromHex(l.p), a: fromHex(l.a), b: fromHex(l.b),
			gx: fromHex(l.gx), gy: fromHex(l.gy), n: fromHex(l.n),
		}
		c.fieldLen = (c.p.BitLen() + 7) / 8
		c.scalarLen = (c.n.BitLen() + 7) / 8
		list[i] = c
	}
	return list
}()

func fromHex(s string) *big.Int {
	v, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic("ecc: curve table")
	}
	return v
}

// P192 returns NIST P-192.
func P192() *Curve { return curves[0] }

// P224 returns NIST P-224.
func P224() *Curve { return curves[1] }

// P256 returns NIST P-256.
func P256() *Curve { return curves[2] }

// P384 returns NIST P-384.
func P384() *Curve { return curves[3] }

// P521 returns NIST P-521.
func P521() *Curve { return curves[4] }

// BrainpoolP192r1 returns brainpoolP192r1.
func BrainpoolP192r1() *Curve { return curves[5] }

// BrainpoolP224r1 returns brainpoolP224r1.
func BrainpoolP224r1() *Curve { return curves[6] }

// BrainpoolP256r1 returns brainpoolP256r1.
func BrainpoolP256r1() *Curve { return curves[7] }

// BrainpoolP320r1 returns brainpoolP320r1.
func BrainpoolP320r1() *Curve { return curves[8] }

// BrainpoolP384r1 returns brainpoolP384r1.
func BrainpoolP384r1() *Curve { return curves[9] }

// BrainpoolP512r1 returns brainpoolP512r1.
func BrainpoolP512r1() *Curve { return curves[10] }

// All returns every curve known here.
func All() []*Curve { return slices.Clone(curves) }

// ByName finds a curve by its name as [Curve.Name] gives it ("P-256",
// "brainpoolP256r1") or by the names SEC 2 and X9.62 use ("secp256r1",
// "prime256v1"). ErrUnknownCurve.
func ByName(name string) (*Curve, error) {
	if other, ok := aliases[name]; ok {
		name = other
	}
	for _, c := range curves {
		if c.name == name {
			return c, nil
		}
	}
	return nil, ErrUnknownCurve
}

var aliases = map[string]string{
	"secp192r1": "P-192", "prime192v1": "P-192",
	"secp224r1": "P-224",
	"secp256r1": "P-256", "prime256v1": "P-256",
	"secp384r1": "P-384", "secp521r1": "P-521",
}

// ByOID finds a curve by its object identifier. ErrUnknownCurve.
func ByOID(oid asn1.ObjectIdentifier) (*Curve, error) {
	for _, c := range curves {
		if c.oid.Equal(oid) {
			return c, nil
		}
	}
	return nil, ErrUnknownCurve
}

// Parameters are the domain parameters of a curve over a prime field as a
// certificate or EF.CardAccess spells them out (ECParameters of TR-03111
// v2.1, 5.1 and RFC 3279, 2.3.5). H nil: the optional cofactor is absent.
type Parameters struct {
	P, A, B, Gx, Gy, N, H *big.Int
}

// Match returns the known curve whose domain parameters equal the given ones,
// all of them: p, a, b, G, n and h. Matching only some would let a generator
// of somebody's choosing pass as the standard one. Values are compared as
// numbers. An absent cofactor (nil) is the one tolerance, for it is optional
// in the encoding and follows from the others; a present one must be 1.
// ErrUnknownCurve.
func Match(q Parameters) (*Curve, error) {
	if q.P == nil || q.A == nil || q.B == nil || q.Gx == nil || q.Gy == nil || q.N == nil {
		return nil, ErrUnknownCurve
	}
	for _, c := range curves {
		if c.p.Cmp(q.P) == 0 && c.a.Cmp(q.A) == 0 && c.b.Cmp(q.B) == 0 &&
			c.gx.Cmp(q.Gx) == 0 && c.gy.Cmp(q.Gy) == 0 && c.n.Cmp(q.N) == 0 &&
			(q.H == nil || q.H.IsInt64() && q.H.Int64() == int64(c.H())) {
			return c, nil
		}
	}
	return nil, ErrUnknownCurve
}

// Parameters returns copies of all domain parameters.
func (c *Curve) Parameters() Parameters {
	return Parameters{P: c.P(), A: c.A(), B: c.B(), Gx: c.Gx(), Gy: c.Gy(), N: c.N(), H: big.NewInt(int64(c.H()))}
}

// Name returns the name: "P-256", "brainpoolP256r1".
func (c *Curve) Name() string { return c.name }

// String returns the name.
func (c *Curve) String() string { return c.name }

// OID returns the object identifier of the named curve.
func (c *Curve) OID() asn1.ObjectIdentifier { return slices.Clone(c.oid) }

// P returns the prime of the field.
func (c *Curve) P() *big.Int { return new(big.Int).Set(c.p) }

// A returns the coefficient a of y² = x³ + ax + b.
func (c *Curve) A() *big.Int { return new(big.Int).Set(c.a) }

// B returns the coefficient b.
func (c *Curve) B() *big.Int { return new(big.Int).Set(c.b) }

// Gx returns the x coordinate of the base point.
func (c *Curve) Gx() *big.Int { return new(big.Int).Set(c.gx) }

// Gy returns the y coordinate of the base point.
func (c *Curve) Gy() *big.Int { return new(big.Int).Set(c.gy) }

// N returns the order of the base point, a prime.
func (c *Curve) N() *big.Int { return new(big.Int).Set(c.n) }

// H returns the cofactor, 1 for every curve known here.
func (c *Curve) H() int { return 1 }

// BitSize returns the size of the field in bits.
func (c *Curve) BitSize() int { return c.p.BitLen() }

// FieldLen returns the length in bytes of a coordinate.
func (c *Curve) FieldLen() int { return c.fieldLen }

// ScalarLen returns the length in bytes of the order, of a private key and of
// each half of a plain signature.
func (c *Curve) ScalarLen() int { return c.scalarLen }

// onCurve reports whether the coordinates are in range and fulfil the
// equation. Points are public.
func (c *Curve) onCurve(x, y *big.Int) bool {
	if x == nil || y == nil || x.Sign() < 0 || y.Sign() < 0 || x.Cmp(c.p) >= 0 || y.Cmp(c.p) >= 0 {
		return false
	}
	r := new(big.Int).Mul(x, x)
	r.Add(r, c.a).Mul(r, x).Add(r, c.b)
	l := new(big.Int).Mul(y, y)
	return r.Sub(r, l).Mod(r, c.p).Sign() == 0
}
