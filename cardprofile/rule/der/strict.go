package der

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

const (
	maxElements = 1 << 18
	maxDepth    = 40
	maxNotes    = 8
)

// walker looks for what is BER and not DER.
type walker struct {
	depth int // how deep to go
	left  int
	notes []string
}

func (w *walker) note(path, format string, args ...any) {
	if len(w.notes) < maxNotes {
		w.notes = append(w.notes, path+": "+fmt.Sprintf(format, args...))
	}
}

// Strict lists where b, one element and all in it, is not in DER (X.690, 8.1.3,
// 10 and 11): lengths, BOOLEAN, INTEGER, BIT STRING, SET OF, constructed strings.
// At most eight places are named. It does not look into OCTET STRINGs.
func Strict(b []byte) []string { return StrictTo(b, maxDepth) }

// StrictTo is Strict down to so many levels.
func StrictTo(b []byte, depth int) []string {
	w := &walker{depth: min(depth, maxDepth), left: maxElements}
	n, rest, err := tlv.Parse(b)
	switch {
	case err != nil:
		w.note("1", "no definite length")
	case len(rest) > 0:
		w.note("1", "%d bytes behind the end", len(rest))
		fallthrough
	default:
		w.element(n, "1", 1)
	}
	return w.notes
}

func (w *walker) element(n tlv.Node, path string, depth int) {
	if w.left--; w.left < 0 || len(w.notes) == maxNotes {
		return
	}
	if !n.Minimal() {
		w.note(path, "the length is not in its shortest form")
	}
	switch n.Tag {
	case Boolean:
		if len(n.Value) != 1 || n.Value[0] != 0 && n.Value[0] != 0xff {
			w.note(path, "a BOOLEAN that is neither 00 nor FF")
		}
	case Integer, 0x0a:
		if !Minimal(n.Value) {
			w.note(path, "an INTEGER that is not in the smallest number of octets")
		}
	case BitString:
		w.bits(n, path)
	case Null:
		if len(n.Value) != 0 {
			w.note(path, "a NULL with content")
		}
	case ObjectID:
		if _, ok := cms.OIDString(n.Value); !ok {
			w.note(path, "a malformed OBJECT IDENTIFIER")
		}
	case 0x23, 0x24, 0x2c, 0x33, 0x34, 0x36:
		w.note(path, "a string in constructed form")
	}
	if !n.Constructed() {
		return
	}
	if depth == maxDepth {
		w.note(path, "nested too deep")
		return
	}
	if depth >= w.depth && n.Tag != SetOf {
		return
	}
	var previous []byte
	number, sorted := 0, true
	ok := Each(n.Value, func(c tlv.Node) bool {
		number++
		if n.Tag == SetOf && sorted && bytes.Compare(previous, c.Raw) > 0 {
			sorted = false
			w.note(path, "the elements of a SET are not in ascending order")
		}
		previous = c.Raw
		if depth < w.depth {
			w.element(c, path+"."+strconv.Itoa(number), depth+1)
		}
		return w.left > 0 && len(w.notes) < maxNotes
	})
	if !ok {
		w.note(path, "an element without a definite length, or cut short")
	}
}

func (w *walker) bits(n tlv.Node, path string) {
	v := n.Value
	switch {
	case len(v) == 0 || v[0] > 7 || len(v) == 1 && v[0] != 0:
		w.note(path, "a malformed BIT STRING")
	case v[0] > 0 && v[len(v)-1]&(1<<v[0]-1) != 0:
		w.note(path, "unused bits of a BIT STRING are not zero")
	}
}
