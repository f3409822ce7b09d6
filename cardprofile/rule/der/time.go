package der

import (
	"bytes"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Time is a UTCTime or GeneralizedTime as it is written.
type Time struct {
	Tag  tlv.Tag
	Text []byte
}

// ReadTime takes a time element; ok is false for another type.
func ReadTime(n tlv.Node) (t Time, ok bool) {
	return Time{n.Tag, n.Value}, n.Tag == UTCTime || n.Tag == GeneralizedTime
}

// When is the moment, as far as it can be read at all.
func (t Time) When() (time.Time, bool) {
	if len(t.Text) > 32 {
		return time.Time{}, false
	}
	v, _, ok := cms.ParseTime(byte(t.Tag), t.Text)
	return v, ok
}

// Zulu says whether it ends with Z.
func (t Time) Zulu() bool { return bytes.HasSuffix(t.Text, []byte("Z")) }

// Digits is the number of leading digits: date, hour, minute and second make 12 in
// a UTCTime and 14 in a GeneralizedTime.
func (t Time) Digits() int {
	n := 0
	for n < len(t.Text) && t.Text[n] >= '0' && t.Text[n] <= '9' {
		n++
	}
	return n
}

// Fraction says whether it has fractional seconds.
func (t Time) Fraction() bool { return bytes.ContainsAny(t.Text, ".,") }
