package pace

import (
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/domain"
)

// genericMap is the generic mapping, also that of chip authentication mapping
// (Doc 9303-11 (8th ed.), 4.4.3.3.1): s times the generator plus H, or g to the s
// times h. The result is neither infinity nor one.
func genericMap(d *domain.Parameters, s []byte, h *domain.Shared) (domain.Generator, error) {
	if c := d.Curve(); c != nil {
		sg, err := c.ScalarBaseMult(s)
		if err != nil {
			return domain.Generator{}, fmt.Errorf("%w: %w", ErrMapping, err)
		}
		sum, err := c.Add(sg, h.Element().Point())
		if err != nil {
			return domain.Generator{}, fmt.Errorf("%w: %w", ErrMapping, err)
		}
		v, err := d.NewPoint(sum)
		if err != nil {
			return domain.Generator{}, fmt.Errorf("%w: %w", ErrMapping, err)
		}
		return domain.NewGenerator(v), nil
	}
	p := d.Group().P()
	y := new(big.Int).Exp(d.Group().G(), new(big.Int).SetBytes(s), p)
	y.Mul(y, h.Element().Number()).Mod(y, p)
	v, err := d.NewNumber(y)
	if err != nil {
		return domain.Generator{}, fmt.Errorf("%w: %w", ErrMapping, err)
	}
	return domain.NewGenerator(v), nil
}
