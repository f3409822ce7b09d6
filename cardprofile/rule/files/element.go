package files

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// element is one data element of DG11 or DG12 (Doc 9303-10 (8th ed.), Tables 71 to 74).
type element struct {
	tag  tlv.Tag
	most int // octets; 0 for no bound
	text bool
}

// elements are those of each, in the order of the standard. A0 wraps the names of
// other persons.
var elements = map[lint.Kind][]element{
	lint.DG(11): {
		{0x5f0e, 99, true}, {0xa0, 0, false}, {0x5f10, 99, true}, {0x5f2b, 8, false}, {0x5f11, 99, true}, {0x5f42, 99, true},
		{0x5f12, 99, true}, {0x5f13, 99, true}, {0x5f14, 99, true}, {0x5f15, 99, true}, {0x5f16, 0, false}, {0x5f17, 99, true}, {0x5f18, 999, true},
	},
	lint.DG(12): {
		{0x5f19, 99, true}, {0x5f26, 8, false}, {0xa0, 0, false}, {0x5f1b, 99, true}, {0x5f1c, 99, true}, {0x5f1d, 0, false},
		{0x5f1e, 0, false}, {0x5f55, 14, false}, {0x5f56, 99, true},
	},
}

// otherName is the name that repeats in A0.
var otherName = map[lint.Kind]tlv.Tag{lint.DG(11): 0x5f0f, lint.DG(12): 0x5f1a}

// known finds an element by its tag.
func (f *File) known(tag tlv.Tag) (place int, e element, ok bool) {
	for i, e := range elements[f.Kind] {
		if e.tag == tag {
			return i, e, true
		}
	}
	return 0, element{}, false
}

// listed reads the tag list; ok is false for one that is no list of tags.
func (f *File) listed() (tags []tlv.Tag, ok bool) {
	list, present := first(f.Parts, 0x5c)
	if !present {
		return nil, false
	}
	for b := list.Value; len(b) > 0; {
		n := 1
		if b[0]&0x1f == 0x1f {
			n = 2
			for n <= len(b) && b[n-1]&0x80 != 0 {
				n++
			}
		}
		if n > len(b) || n > 4 {
			return tags, false
		}
		var t tlv.Tag
		for _, c := range b[:n] {
			t = t<<8 | tlv.Tag(c)
		}
		tags, b = append(tags, t), b[n:]
	}
	return tags, true
}

// isImage says whether b begins as a JPEG, or as JPEG 2000 in either form.
func isImage(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff}) || bytes.HasPrefix(b, []byte{0xff, 0x4f, 0xff, 0x51}) ||
		bytes.HasPrefix(b, []byte("\x00\x00\x00\x0cjP  \r\n\x87\n"))
}

// date says whether b is YYYYMMDD, where parts that are not known are zero.
func date(b []byte) bool {
	if !digits(b, 8) {
		return false
	}
	month, day := 10*int(b[4]-'0')+int(b[5]-'0'), 10*int(b[6]-'0')+int(b[7]-'0')
	return month <= 12 && day <= 31
}
