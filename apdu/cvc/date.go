package cvc

import (
	"fmt"
	"time"
)

// Date is a day from 2000 to 2099, GMT (TR-03110-3 v2.21, D.2.1.3). It is
// comparable; the zero Date is none.
type Date struct {
	year, month, day uint8
}

// NewDate makes a date of the Gregorian calendar. ErrDate.
func NewDate(year int, month time.Month, day int) (Date, error) {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if year < 2000 || year > 2099 || t.Year() != year || t.Month() != month || t.Day() != day {
		return Date{}, fmt.Errorf("%w: %04d-%02d-%02d", ErrDate, year, month, day)
	}
	return Date{uint8(year - 2000), uint8(month), uint8(day)}, nil
}

// DateOf is the day of t in GMT. ErrDate outside 2000 to 2099.
func DateOf(t time.Time) (Date, error) {
	t = t.UTC()
	return NewDate(t.Year(), t.Month(), t.Day())
}

// ParseDate reads six digits YYMMDD in unpacked BCD. ErrDate.
func ParseDate(b []byte) (Date, error) {
	if len(b) != 6 {
		return Date{}, fmt.Errorf("%w: %d bytes", ErrDate, len(b))
	}
	for _, d := range b {
		if d > 9 {
			return Date{}, fmt.Errorf("%w: not unpacked BCD", ErrDate)
		}
	}
	pair := func(i int) int { return int(b[i])*10 + int(b[i+1]) }
	return NewDate(2000+pair(0), time.Month(pair(2)), pair(4))
}

// Encode is the date as six digits in unpacked BCD.
func (d Date) Encode() []byte {
	return []byte{d.year / 10, d.year % 10, d.month / 10, d.month % 10, d.day / 10, d.day % 10}
}

// IsZero reports that there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.number() < o.number() }

func (d Date) number() int { return int(d.year)<<16 | int(d.month)<<8 | int(d.day) }

// Time is midnight at the beginning of the day, GMT.
func (d Date) Time() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(2000+int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, time.UTC)
}

// AddDays is the date n days later. ErrDate outside 2000 to 2099.
func (d Date) AddDays(n int) (Date, error) { return DateOf(d.Time().AddDate(0, 0, n)) }

// String is as in "2026-11-23".
func (d Date) String() string {
	if d.IsZero() {
		return "no date"
	}
	return d.Time().Format(time.DateOnly)
}
