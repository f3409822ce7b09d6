package chip_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// A list is read or refused, and what is read names a quirk.
func FuzzParseQuirks(f *testing.F) {
	for _, spec := range []string{"read.length=160:naked", "bac.le=6A88,select.le", "read.length=1:6700", "=", ","} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		list, err := chip.ParseQuirks(spec)
		if err == nil && len(list) == 0 {
			t.Fatal("nothing read, and no error")
		}
		for _, q := range list {
			if q.ID == "" || q.Most < 0 {
				t.Fatalf("%+v", q)
			}
		}
	})
}
