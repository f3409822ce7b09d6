package chip

import (
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/domain"
)

// The faults of prime fields give elements of the orders that they are named for:
// 2, and a small odd prime, both outside the subgroup.
func TestSmallOrders(t *testing.T) {
	for id := range 3 {
		d, err := domain.Standard(id)
		if err != nil {
			t.Fatal(err)
		}
		f := &paceFault{group: d.Group()}
		p, one := d.Group().P(), big.NewInt(1)
		two := new(big.Int).SetBytes(f.minusOne(nil))
		if two.Cmp(one) == 0 || new(big.Int).Exp(two, big.NewInt(2), p).Cmp(one) != 0 {
			t.Errorf("group %d: no element of order 2", id)
		}
		y, order := new(big.Int).SetBytes(f.smallOrder(nil)), int64(0)
		for r := int64(1); r < 10_000 && order == 0; r++ {
			if new(big.Int).Exp(y, big.NewInt(r), p).Cmp(one) == 0 {
				order = r
			}
		}
		if order < 3 {
			t.Errorf("group %d: an element of order %d", id, order)
		}
	}
	curve := &paceFault{}
	if b := curve.smallOrder([]byte{4}); len(b) != 1 || b[0] != 4 {
		t.Error("a point of a curve was changed")
	}
}
