package inspect

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// TestHashedOnTheWay: data groups are hashed piece by piece while they come in, and
// nothing else is.
func TestHashedOnTheWay(t *testing.T) {
	card, err := sample.Issue(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	x := newInspection(card.Chip, Access{}, nil, Options{})
	x.index([]byte("no EF.SOD"))
	if x.session.arriving != nil {
		t.Fatal("hashed without EF.SOD")
	}
	raw, _ := findFile(card.Files, lds.NameSOD)
	s, err := sod.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	x.index(raw)
	if x.session.arriving(emrtd.COM) != nil || x.session.arriving(emrtd.SOD) != nil {
		t.Error("a file that is no data group is hashed")
	}
	for _, n := range s.Object.Numbers() {
		f := emrtd.DG(n)
		b, _ := findFile(card.Files, f.Name)
		if x.sum(f.Name) != nil {
			t.Errorf("%s has a hash before it came", f.Name)
		}
		w := x.session.arriving(f)
		for piece := range bytes.SplitSeq(b, []byte{0}) {
			if _, err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte{0}); err != nil {
				t.Fatal(err)
			}
		}
		// One zero too many came: another hash.
		if want, _ := s.Object.Group(n); bytes.Equal(x.sum(f.Name), want) {
			t.Errorf("%s: a byte too many changes nothing", f.Name)
		}
		w = x.session.arriving(f)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if want, _ := s.Object.Group(n); !bytes.Equal(x.sum(f.Name), want) {
			t.Errorf("%s: the hash of the second reading is wrong", f.Name)
		}
	}
}
