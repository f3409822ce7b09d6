package pace

import (
	"encoding/hex"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Constants of the pseudo-random number mapping (Doc 9303-11 (8th ed.),
// 4.4.3.3.2): c0 makes keys, c1 makes output; one pair for blocks of 128 bits
// and one for 256.
var (
	im128c0 = constant("a668892a7c41e3ca739f40b057d85904")
	im128c1 = constant("a4e136ac725f738b01c1f60217c188ad")
	im256c0 = constant("d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676")
	im256c1 = constant("54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517")
)

func constant(s string) []byte {
	b, _ := hex.DecodeString(s) // constants of this file
	return b
}

// integratedMap is the integrated mapping of the nonces s and t (Doc 9303-11
// (8th ed.), 4.4.3.3.2).
func integratedMap(d *domain.Parameters, c mac.Cipher, s, t []byte) (domain.Generator, error) {
	r, err := pseudoRandom(c, s, t, d.Field())
	if err != nil {
		return domain.Generator{}, err
	}
	x := new(big.Int).SetBytes(r)
	x.Mod(x, d.Field())
	var v *domain.PublicKey
	if curve := d.Curve(); curve != nil {
		v, err = encodePoint(d, curve, x)
	} else {
		// The cofactor (p-1)/q takes any number into the subgroup; NewNumber
		// refuses 1.
		p := d.Field()
		cofactor := new(big.Int).Sub(p, big.NewInt(1))
		cofactor.Div(cofactor, d.Order())
		v, err = d.NewNumber(x.Exp(x, cofactor, p))
	}
	if err != nil {
		return domain.Generator{}, fmt.Errorf("%w: %w", ErrMapping, err)
	}
	return domain.NewGenerator(v), nil
}

// pseudoRandom is R(s,t) before reduction (Figure 2): the key of each round
// comes from the one before it, the first from s under t.
func pseudoRandom(c mac.Cipher, s, t []byte, p *big.Int) ([]byte, error) {
	l, k := nonceLens(c)
	if len(s) != l || len(t) != k {
		return nil, fmt.Errorf("%w: nonces of %d and %d bytes", ErrFormat, len(s), len(t))
	}
	c0, c1 := im128c0, im128c1
	if l == len(im256c0) {
		c0, c1 = im256c0, im256c1
	}
	key, err := cbc(c, t, s, true)
	if err != nil {
		return nil, err
	}
	var out []byte
	// Smallest n with n * l >= log2 p + 64.
	for len(out)*8 < p.BitLen()+64 {
		key = key[:k] // AES-192 drops the rest
		x, err := cbc(c, key, c1, true)
		if err != nil {
			return nil, err
		}
		out = append(out, x...)
		if key, err = cbc(c, key, c0, true); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// encodePoint is the point encoding of Doc 9303-11 (8th ed.), B.2, in affine
// coordinates, for p = 3 mod 4 and cofactor 1.
func encodePoint(d *domain.Parameters, curve *ecc.Curve, t *big.Int) (*domain.PublicKey, error) {
	p, a, b := curve.P(), curve.A(), curve.B()
	mod := func(x *big.Int) *big.Int { return x.Mod(x, p) }
	mul := func(x, y *big.Int) *big.Int { return mod(new(big.Int).Mul(x, y)) }
	one := big.NewInt(1)

	// 1: alpha = -t²; 2: X2 = -b/a (1 + 1/(alpha + alpha²)).
	alpha := mod(new(big.Int).Neg(mul(t, t)))
	sum := mod(new(big.Int).Add(alpha, mul(alpha, alpha)))
	inverse := new(big.Int).ModInverse(mul(a, sum), p)
	if inverse == nil {
		return nil, ErrMapping // t is 0, 1 or -1: the nonces would have to be made for it
	}
	x2 := mul(mul(b, new(big.Int).Add(sum, one)), inverse)
	x2 = mod(x2.Neg(x2))
	// 3 to 6.
	x3 := mul(alpha, x2)
	rhs := func(x *big.Int) *big.Int {
		y := mul(mul(x, x), x)
		y.Add(y, mul(a, x)).Add(y, b)
		return mod(y)
	}
	h2 := rhs(x2)
	u := mul(mul(mul(t, t), t), h2)
	// 7: A = h2^(p-1-(p+1)/4), the inverse of a square root where there is one.
	e := new(big.Int).Add(p, one)
	e.Rsh(e, 2)
	e.Sub(p, e).Sub(e, one)
	root := new(big.Int).Exp(h2, e, p)
	// 8, 9. The check in NewPoint stands for step 5.
	x, y := x2, mul(root, h2)
	if mul(mul(root, root), h2).Cmp(one) != 0 {
		x, y = x3, mul(root, u)
	}
	q, err := ecc.NewPoint(curve, x, y)
	if err != nil {
		return nil, err
	}
	return d.NewPoint(q)
}
