package lds

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// PartialDate is a day of which parts may not be known: a part that is 0 is not
// (Doc 9303-10 (8th ed.), 4.7.11.1, note). The zero value is no date.
type PartialDate struct{ Year, Month, Day int }

// DateOf makes a PartialDate of a whole date.
func DateOf(d cardprofile.Date) PartialDate { return PartialDate{d.Year, d.Month, d.Day} }

// ParsePartialDate reads eight digits, yyyymmdd, of which mm, dd and yyyy may be
// zeros.
func ParsePartialDate(s string) (PartialDate, error) {
	if len(s) != 8 || !isDigits([]byte(s)) {
		return PartialDate{}, malformed("a date that is not eight digits")
	}
	d := PartialDate{pair(s)*100 + pair(s[2:]), pair(s[4:]), pair(s[6:])}
	if !d.Valid() {
		return PartialDate{}, malformed("a date that no calendar has")
	}
	return d, nil
}

// Valid reports whether a day can be what is known of it.
func (d PartialDate) Valid() bool {
	if d.Year < 0 || d.Year > 9999 || d.Month < 0 || d.Month > 12 || d.Day < 0 || d.Day > 31 {
		return false
	}
	whole := cardprofile.Date(d)
	if whole.Year == 0 {
		whole.Year = 2000 // a leap year: 29 February may be meant
	}
	if whole.Month == 0 {
		whole.Month = 1
	}
	if whole.Day == 0 {
		whole.Day = 1
	}
	return whole.Valid()
}

// IsZero reports whether nothing is known, or there is no date.
func (d PartialDate) IsZero() bool { return d == PartialDate{} }

// Date is the whole date; ok is false when a part is not known.
func (d PartialDate) Date() (date cardprofile.Date, ok bool) {
	date = cardprofile.Date(d)
	return date, date.Valid()
}

// Digits is yyyymmdd.
func (d PartialDate) Digits() string { return fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day) }

// String is yyyy-mm-dd with 0000 or 00 for a part that is not known.
func (d PartialDate) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText is String, and nothing for no date.
func (d PartialDate) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// instantForm is yyyymmddhhmmss.
const instantForm = "20060102150405"

// parseInstant reads 14 digits, without a time zone since none is stated.
func parseInstant(s string) (time.Time, error) {
	if len(s) != 14 || !isDigits([]byte(s)) {
		return time.Time{}, malformed("a time that is not 14 digits")
	}
	t, err := time.Parse(instantForm, s)
	if err != nil {
		return time.Time{}, malformed("a time that no clock shows")
	}
	return t, nil
}

// decimal reads n digits written as characters or, two to a byte, as BCD. Both
// forms occur, and inspection systems should read both (Doc 9303-10 (8th ed.),
// 4.7.12).
func decimal(value []byte, n int) (digits string, bcd bool) {
	if len(value) == n/2 {
		return hex.EncodeToString(value), true
	}
	return string(value), false
}
