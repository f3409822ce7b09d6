package domain

import (
	"fmt"
	"math/big"
	"sync"
)

// Bounds of a prime modulus in bits. The upper one keeps a hostile key from
// holding up a terminal.
const (
	minModulusBits  = 1024
	maxModulusBits  = 4096
	minSubgroupBits = 160
)

var one = big.NewInt(1)

// Group is a subgroup of a prime field, for Diffie-Hellman: modulus p,
// generator g and, where it is known, the prime order q of g. It is immutable.
type Group struct {
	p, q, g *big.Int // q may be nil
}

// NewGroup makes a group. q may be nil: PKCS#3 does not carry it. Refused are
// moduli that are even, shorter than 1,024 or longer than 4,096 bits,
// generators outside [2, p-2], and an order that is shorter than 160 bits, does
// not divide p-1, or is not the order of g.
func NewGroup(p, q, g *big.Int) (*Group, error) {
	if p == nil || g == nil {
		return nil, fmt.Errorf("%w: modulus or generator missing", ErrGroup)
	}
	if n := p.BitLen(); p.Sign() <= 0 || p.Bit(0) == 0 || n < minModulusBits || n > maxModulusBits {
		return nil, fmt.Errorf("%w: modulus of %d bits, or even", ErrGroup, n)
	}
	pMinus1 := new(big.Int).Sub(p, one)
	if g.Cmp(one) <= 0 || g.Cmp(pMinus1) >= 0 {
		return nil, fmt.Errorf("%w: generator out of range", ErrGroup)
	}
	if q != nil {
		if q.Sign() <= 0 || q.BitLen() < minSubgroupBits || q.Cmp(p) >= 0 {
			return nil, fmt.Errorf("%w: order out of range", ErrGroup)
		}
		if new(big.Int).Mod(pMinus1, q).Sign() != 0 || new(big.Int).Exp(g, q, p).Cmp(one) != 0 {
			return nil, fmt.Errorf("%w: order does not fit", ErrGroup)
		}
		q = new(big.Int).Set(q)
	}
	return &Group{p: new(big.Int).Set(p), q: q, g: new(big.Int).Set(g)}, nil
}

// P is the modulus.
func (g *Group) P() *big.Int { return new(big.Int).Set(g.p) }

// G is the generator.
func (g *Group) G() *big.Int { return new(big.Int).Set(g.g) }

// Q is the order of the generator, or nil if it is not known.
func (g *Group) Q() *big.Int {
	if g.q == nil {
		return nil
	}
	return new(big.Int).Set(g.q)
}

// Len is the length of the modulus in bytes.
func (g *Group) Len() int { return (g.p.BitLen() + 7) / 8 }

// String is "MODP" and the sizes in bits.
func (g *Group) String() string {
	if g.q == nil {
		return fmt.Sprintf("MODP %d", g.p.BitLen())
	}
	return fmt.Sprintf("MODP %d/%d", g.p.BitLen(), g.q.BitLen())
}

// sameField reports equal modulus and generator, and no contradiction in the
// order.
func (g *Group) sameField(o *Group) bool {
	if g == nil || o == nil {
		return g == o
	}
	if g.p.Cmp(o.p) != 0 || g.g.Cmp(o.g) != 0 {
		return false
	}
	return g.q == nil || o.q == nil || g.q.Cmp(o.q) == 0
}

// check is the public key validation of RFC 2631, 2.1.5: range, and order where
// it is known.
func (g *Group) check(y *big.Int) error {
	if y.Cmp(one) <= 0 || y.Cmp(new(big.Int).Sub(g.p, one)) >= 0 {
		return fmt.Errorf("%w: value out of range", ErrPublicKey)
	}
	if g.q != nil && new(big.Int).Exp(y, g.q, g.p).Cmp(one) != 0 {
		return fmt.Errorf("%w: value is not in the subgroup", ErrPublicKey)
	}
	return nil
}

// standardGroups is Doc 9303-11 (8th ed.), Table 12, identifiers 0 to 2, with
// the numbers of RFC 5114, 2.1 to 2.3.
var standardGroups = []func() *Group{
	sync.OnceValue(func() *Group { return rfc5114(modp1024P, modp1024Q, modp1024G) }),
	sync.OnceValue(func() *Group { return rfc5114(modp2048aP, modp2048aQ, modp2048aG) }),
	sync.OnceValue(func() *Group { return rfc5114(modp2048bP, modp2048bQ, modp2048bG) }),
}

func rfc5114(p, q, g string) *Group {
	n := func(s string) *big.Int {
		v, _ := new(big.Int).SetString(s, 16) // constants of this package
		return v
	}
	return &Group{p: n(p), q: n(q), g: n(g)}
}
