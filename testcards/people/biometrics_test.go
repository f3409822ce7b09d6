package people_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// The synthetic fingers and irises are what the standard wants, and of the size
// that was asked for.
func TestBiometrics(t *testing.T) {
	for _, size := range []int{1, 300, 6000} {
		dg3, err := people.Fingers(size)
		if err != nil {
			t.Fatal(err)
		}
		d, devs, err := lds.ParseDG3(dg3)
		if err != nil || len(devs) > 0 || len(d.Fingers) != 1 || len(dg3) < size || len(dg3) > 2*size+1500 {
			t.Errorf("DG3 of %d: %d bytes, %v %v", size, len(dg3), devs, err)
		}
		dg4, err := people.Irises(size)
		if err != nil {
			t.Fatal(err)
		}
		d4, devs, err := lds.ParseDG4(dg4)
		if err != nil || len(devs) > 0 || len(d4.Irises) != 1 || len(dg4) < size {
			t.Errorf("DG4 of %d: %d bytes, %v %v", size, len(dg4), devs, err)
		}
	}
}
