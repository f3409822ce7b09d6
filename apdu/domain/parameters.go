package domain

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// Errors of this package.
var (
	ErrUnknown   = errors.New("domain: unknown domain parameters")
	ErrEncoding  = errors.New("domain: malformed encoding")
	ErrPublicKey = errors.New("domain: invalid public key")
	ErrGroup     = errors.New("domain: unfit group")
	ErrScalar    = errors.New("domain: scalar out of range")
	ErrMismatch  = errors.New("domain: keys over different domain parameters")
)

// noID marks parameters that no standardized identifier names.
const noID = -1

// Parameters are the domain parameters of a key agreement: a curve or a group.
// They are immutable.
type Parameters struct {
	id    int
	curve *ecc.Curve
	group *Group
}

// standardCurves is Doc 9303-11 (8th ed.), Table 12, the curves.
var standardCurves = map[int]func() *ecc.Curve{
	8:  ecc.P192,
	9:  ecc.BrainpoolP192r1,
	10: ecc.P224,
	11: ecc.BrainpoolP224r1,
	12: ecc.P256,
	13: ecc.BrainpoolP256r1,
	14: ecc.BrainpoolP320r1,
	15: ecc.P384,
	16: ecc.BrainpoolP384r1,
	17: ecc.BrainpoolP512r1,
	18: ecc.P521,
}

// Standard returns the standardized domain parameters with this identifier
// (Doc 9303-11 (8th ed.), Table 12): 0 to 2 groups, 8 to 18 curves. Others are
// ErrUnknown.
func Standard(id int) (*Parameters, error) {
	if f, ok := standardCurves[id]; ok {
		return &Parameters{id: id, curve: f()}, nil
	}
	if id >= 0 && id < len(standardGroups) {
		return &Parameters{id: id, group: standardGroups[id]()}, nil
	}
	return nil, fmt.Errorf("%w: identifier %d", ErrUnknown, id)
}

// StandardIDs lists the identifiers that Standard knows, ascending.
func StandardIDs() []int {
	return []int{0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}
}

// OfCurve returns the parameters of a curve, with its standardized identifier
// where it has one.
func OfCurve(c *ecc.Curve) (*Parameters, error) {
	if c == nil {
		return nil, fmt.Errorf("%w: no curve", ErrUnknown)
	}
	for id, f := range standardCurves {
		if f() == c {
			return &Parameters{id: id, curve: c}, nil
		}
	}
	return &Parameters{id: noID, curve: c}, nil
}

// OfGroup returns the parameters of a group, with its standardized identifier
// where it has one.
func OfGroup(g *Group) (*Parameters, error) {
	if g == nil {
		return nil, fmt.Errorf("%w: no group", ErrUnknown)
	}
	for id, f := range standardGroups {
		if s := f(); s.sameField(g) {
			return &Parameters{id: id, group: s}, nil
		}
	}
	return &Parameters{id: noID, group: g}, nil
}

// ID is the standardized identifier; ok is false if there is none.
func (p *Parameters) ID() (id int, ok bool) { return p.id, p.id != noID }

// Curve is the curve, or nil over a prime field.
func (p *Parameters) Curve() *ecc.Curve { return p.curve }

// Group is the group, or nil over a curve.
func (p *Parameters) Group() *Group { return p.group }

// Field is the prime of the field.
func (p *Parameters) Field() *big.Int {
	if p.curve != nil {
		return p.curve.P()
	}
	return p.group.P()
}

// Order is the order of the generator, or nil where a group came without it.
func (p *Parameters) Order() *big.Int {
	if p.curve != nil {
		return p.curve.N()
	}
	return p.group.Q()
}

// Equal reports whether p and o are the same curve or the same group.
func (p *Parameters) Equal(o *Parameters) bool {
	switch {
	case p == nil || o == nil:
		return p == o
	case p.curve != nil || o.curve != nil:
		return p.curve == o.curve
	default:
		return p.group.sameField(o.group)
	}
}

// String names the parameters: "brainpoolP256r1", "MODP 2048/256".
func (p *Parameters) String() string {
	if p.curve != nil {
		return p.curve.Name()
	}
	return p.group.String()
}
