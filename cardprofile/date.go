package cardprofile

import (
	"errors"
	"fmt"
	"time"
)

// Date is a day of the Gregorian calendar without a time zone. The zero value
// is no date.
type Date struct{ Year, Month, Day int }

// ErrDate is what every parser of a date answers to text that is none.
var ErrDate = errors.New("not a date")

// DateOf is the day of t in t's location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, int(m), d}
}

// ParseDate reads dd/mm/yyyy, d/m/yyyy (with / - or . between) or yyyy-mm-dd.
func ParseDate(s string) (Date, error) {
	if len(s) > 10 {
		return Date{}, ErrDate
	}
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		return digits(s[0:4], s[5:7], s[8:10])
	}
	var parts [3]string
	n, from := 0, 0
	var sep byte
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '/' || c == '-' || c == '.' {
			if n == 2 || sep != 0 && c != sep {
				return Date{}, ErrDate
			}
			parts[n], sep = s[from:i], c
			n, from = n+1, i+1
		}
	}
	parts[n] = s[from:]
	if n != 2 || len(parts[0]) > 2 || len(parts[1]) > 2 || len(parts[2]) != 4 {
		return Date{}, ErrDate
	}
	return digits(parts[2], parts[1], parts[0])
}

// ParseDDMMYYYY reads eight digits, day first, as a QR code has them.
func ParseDDMMYYYY(s string) (Date, error) {
	if len(s) != 8 {
		return Date{}, ErrDate
	}
	return digits(s[4:], s[2:4], s[:2])
}

func digits(year, month, day string) (Date, error) {
	number := func(s string) int {
		n := 0
		for i := 0; i < len(s); i++ {
			if s[i] < '0' || s[i] > '9' {
				return -1
			}
			n = n*10 + int(s[i]-'0')
		}
		if s == "" {
			return -1
		}
		return n
	}
	d := Date{number(year), number(month), number(day)}
	if !d.Valid() {
		return Date{}, ErrDate
	}
	return d, nil
}

// Valid reports whether the day exists, in the years 1 to 9999.
func (d Date) Valid() bool {
	if d.Year < 1 || d.Year > 9999 || d.Month < 1 || d.Month > 12 || d.Day < 1 {
		return false
	}
	return DateOf(d.time()) == d
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Compare is negative, zero or positive as d is before, on or after o.
func (d Date) Compare(o Date) int {
	switch {
	case d.Year != o.Year:
		return d.Year - o.Year
	case d.Month != o.Month:
		return d.Month - o.Month
	}
	return d.Day - o.Day
}

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// After reports whether d is later than o.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// AddYears is the same day n years on; 29 February becomes 28 February in a
// common year, so that a birthday stays within its month.
func (d Date) AddYears(n int) Date {
	out := Date{d.Year + n, d.Month, d.Day}
	if d.Month == 2 && d.Day == 29 && !out.Valid() {
		out.Day = 28
	}
	return out
}

// Age is the full years from d, a date of birth, to on.
func (d Date) Age(on Date) int {
	age := on.Year - d.Year
	if d.AddYears(age).After(on) {
		age--
	}
	return age
}

// DMY is dd/mm/yyyy, as printed on cards; empty for no date.
func (d Date) DMY() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year)
}

// DDMMYYYY is eight digits, day first, as in a QR code; empty for no date.
func (d Date) DDMMYYYY() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d%02d%04d", d.Day, d.Month, d.Year)
}

// YYMMDD is the form of the machine readable zone, Doc 9303-3 (8th ed.), 4.8.
func (d Date) YYMMDD() string {
	if d.IsZero() {
		return "<<<<<<"
	}
	return fmt.Sprintf("%02d%02d%02d", d.Year%100, d.Month, d.Day)
}

// String is yyyy-mm-dd; empty for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText is yyyy-mm-dd.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads, and nothing as no date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

func (d Date) time() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// DaysAfter is the number of days from o to d, negative when d is earlier.
func (d Date) DaysAfter(o Date) int { return int(d.time().Sub(o.time()).Hours() / 24) }
