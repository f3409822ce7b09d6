package mrz

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Format is the size of the document, which fixes the shape of the zone.
type Format int

// The formats of Doc 9303 (8th ed.): part 5 (TD1, 3 lines of 30), part 6 (TD2,
// 2 of 36), part 4 (TD3, 2 of 44), part 7 (visas: MRV-A as TD3, MRV-B as TD2).
const (
	TD1 Format = iota + 1
	TD2
	TD3
	MRVA
	MRVB
)

// formats in the order in which a shape is looked up.
var formats = []Format{TD1, TD2, TD3, MRVA, MRVB}

// Visa tells whether the format is that of a visa.
func (f Format) Visa() bool { return f == MRVA || f == MRVB }

// String is the name used in the standard.
func (f Format) String() string {
	switch f {
	case TD1:
		return "TD1"
	case TD2:
		return "TD2"
	case TD3:
		return "TD3"
	case MRVA:
		return "MRV-A"
	case MRVB:
		return "MRV-B"
	}
	return "unknown"
}

// MarshalText is the name used in the standard.
func (f Format) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the name used in the standard.
func (f *Format) UnmarshalText(text []byte) error {
	v, err := ParseFormat(string(text))
	*f = v
	return err
}

// ParseFormat reads "TD1", "TD2", "TD3", "MRV-A" or "MRV-B".
func ParseFormat(s string) (Format, error) {
	for _, f := range formats {
		if strings.EqualFold(f.String(), s) {
			return f, nil
		}
	}
	return 0, errors.New("mrz: no format of that name")
}

// Lines and Width are the number of lines and their characters; 0 for an
// unknown format.
func (f Format) Lines() int { return layouts[f].lines }

// Width is the number of characters in each line.
func (f Format) Width() int { return layouts[f].width }

// Errors of reading and building. All match errors.Is.
var (
	ErrFormat = errors.New("mrz: not a machine readable zone of a card, a passport or a visa")
	ErrField  = errors.New("mrz: a field cannot be written")
)

// MRZ is one zone taken apart. Trailing fillers are removed from every field;
// fillers inside a number stay, as "<".
type MRZ struct {
	Type           Format `json:"format"`
	DocumentCode   string `json:"document_code"`
	IssuingState   string `json:"issuing_state"`
	DocumentNumber string `json:"document_number"` // whole, also when it reaches into the optional data
	Nationality    string `json:"nationality"`
	BirthDate      string `json:"birth_date"` // YYMMDD, unknown parts "<"
	Sex            string `json:"sex"`        // "M", "F" or "<"
	ExpiryDate     string `json:"expiry_date"`
	// Optional1 is the optional data after the document number (TD1), the
	// optional data of the second line (TD2, visas), the personal number (TD3),
	// without the end of a long document number. Optional2 is that of the second line of
	// TD1.
	Optional1 string `json:"optional_1,omitempty"`
	Optional2 string `json:"optional_2,omitempty"`
	Primary   string `json:"primary_identifier"` // surname; components separated by a space
	Secondary string `json:"secondary_identifier,omitempty"`

	// Lines are the zone as read or as built.
	Lines []string `json:"lines"`
}

// Text is all lines as one string, the form in which DG1 holds them.
func (m *MRZ) Text() string { return strings.Join(m.Lines, "") }

func (m MRZ) hidden() string { return "[mrz " + m.Type.String() + "]" }

// Format prints the name of the format and no personal data, whatever the verb.
func (m MRZ) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.hidden()) }

// LogValue names the format and nothing else.
func (m MRZ) LogValue() slog.Value { return slog.StringValue(m.hidden()) }

// span is a piece of one line; from and to count from 0, to is exclusive.
type span struct{ line, from, to int }

// layout says where everything stands.
type layout struct {
	lines, width                                      int
	code, state, number, numberCD, nationality        span
	birth, birthCD, sex, expiry, expiryCD, opt1, opt2 span
	opt1CD                                            span // TD3 only
	compositeCD, name                                 span
	composite                                         []span
}

var layouts = map[Format]layout{
	TD1: { // Doc 9303-5 (8th ed.), 4.2.2 and 4.2.4
		lines: 3, width: 30,
		code: span{0, 0, 2}, state: span{0, 2, 5}, number: span{0, 5, 14}, numberCD: span{0, 14, 15}, opt1: span{0, 15, 30},
		birth: span{1, 0, 6}, birthCD: span{1, 6, 7}, sex: span{1, 7, 8}, expiry: span{1, 8, 14}, expiryCD: span{1, 14, 15},
		nationality: span{1, 15, 18}, opt2: span{1, 18, 29}, compositeCD: span{1, 29, 30}, name: span{2, 0, 30},
		composite: []span{{0, 5, 30}, {1, 0, 7}, {1, 8, 15}, {1, 18, 29}},
	},
	TD2: { // Doc 9303-6 (8th ed.), 4.2.2 and 4.2.4
		lines: 2, width: 36,
		code: span{0, 0, 2}, state: span{0, 2, 5}, name: span{0, 5, 36},
		number: span{1, 0, 9}, numberCD: span{1, 9, 10}, nationality: span{1, 10, 13}, birth: span{1, 13, 19}, birthCD: span{1, 19, 20},
		sex: span{1, 20, 21}, expiry: span{1, 21, 27}, expiryCD: span{1, 27, 28}, opt1: span{1, 28, 35}, compositeCD: span{1, 35, 36},
		composite: []span{{1, 0, 10}, {1, 13, 20}, {1, 21, 35}},
	},
	TD3: { // Doc 9303-4 (8th ed.), 4.2.2
		lines: 2, width: 44,
		code: span{0, 0, 2}, state: span{0, 2, 5}, name: span{0, 5, 44},
		number: span{1, 0, 9}, numberCD: span{1, 9, 10}, nationality: span{1, 10, 13}, birth: span{1, 13, 19}, birthCD: span{1, 19, 20},
		sex: span{1, 20, 21}, expiry: span{1, 21, 27}, expiryCD: span{1, 27, 28}, opt1: span{1, 28, 42}, opt1CD: span{1, 42, 43},
		compositeCD: span{1, 43, 44},
		composite:   []span{{1, 0, 10}, {1, 13, 20}, {1, 21, 43}},
	},
	// Doc 9303-7 (8th ed.), 4.2.2: the fields of TD3 and TD2 without a check digit
	// over the optional data and without a composite one. The date is that until
	// which the visa is valid.
	MRVA: {
		lines: 2, width: 44,
		code: span{0, 0, 2}, state: span{0, 2, 5}, name: span{0, 5, 44},
		number: span{1, 0, 9}, numberCD: span{1, 9, 10}, nationality: span{1, 10, 13}, birth: span{1, 13, 19}, birthCD: span{1, 19, 20},
		sex: span{1, 20, 21}, expiry: span{1, 21, 27}, expiryCD: span{1, 27, 28}, opt1: span{1, 28, 44},
	},
	MRVB: {
		lines: 2, width: 36,
		code: span{0, 0, 2}, state: span{0, 2, 5}, name: span{0, 5, 36},
		number: span{1, 0, 9}, numberCD: span{1, 9, 10}, nationality: span{1, 10, 13}, birth: span{1, 13, 19}, birthCD: span{1, 19, 20},
		sex: span{1, 20, 21}, expiry: span{1, 21, 27}, expiryCD: span{1, 27, 28}, opt1: span{1, 28, 36},
	},
}

func (s span) of(lines []string) string { return lines[s.line][s.from:s.to] }
func (s span) width() int               { return s.to - s.from }

// CheckDigit is the 7-3-1 digit over s, Doc 9303-3 (8th ed.), 4.9. Letters
// count 10 to 35, fillers and anything else 0.
func CheckDigit(s string) byte {
	weights := [3]int{7, 3, 1}
	sum := 0
	for i := 0; i < len(s); i++ {
		v := 0
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * weights[i%3]
	}
	return byte('0' + sum%10)
}

// Is12 takes the Vietnamese 12-digit number out of a TD1 zone: the optional
// data of the first line is the number, two fillers and its own check digit,
// and the document number is its last nine digits.
func (m *MRZ) Is12() (number string, ok bool) {
	o := m.Optional1
	if m.Type != TD1 || len(o) != 15 || o[12:14] != "<<" || !isDigits(o[:12]) {
		return "", false
	}
	if o[14] != CheckDigit(o[:12]) || m.DocumentNumber != o[3:12] {
		return "", false
	}
	return o[:12], true
}

// Optional12 is the optional data that carries a 12-digit number.
func Optional12(number string) (string, error) {
	if len(number) != 12 || !isDigits(number) {
		return "", fmt.Errorf("%w: the number must be 12 digits", ErrField)
	}
	return number + "<<" + string(CheckDigit(number)), nil
}

// BirthOn resolves the century of the date of birth: the latest year that is
// not after the day of reading. Where month or day is unknown it is 0, and so is
// all of the date when the year is.
func (m *MRZ) BirthOn(today cardprofile.Date) (cardprofile.Date, error) {
	d, err := split(m.BirthDate, today.Year-today.Year%100)
	if err != nil || d.IsZero() {
		return d, err
	}
	if d.After(today) {
		d.Year -= 100
	}
	if d.Month != 0 && d.Day != 0 && !d.Valid() { // 29 February in the wrong century included
		return cardprofile.Date{}, cardprofile.ErrDate
	}
	return d, nil
}

// ExpiryOn resolves the century of the date of expiry: the year nearest to the
// day of reading. noExpiry is the profile's value for a document without end
// ("991231" in Vietnam); empty when there is none.
func (m *MRZ) ExpiryOn(today cardprofile.Date, noExpiry string) (date cardprofile.Date, never bool, err error) {
	if noExpiry != "" && m.ExpiryDate == noExpiry {
		return cardprofile.Date{}, true, nil
	}
	d, err := split(m.ExpiryDate, today.Year-today.Year%100)
	if err != nil {
		return d, false, err
	}
	switch {
	case d.Year-today.Year > 50:
		d.Year -= 100
	case today.Year-d.Year >= 50:
		d.Year += 100
	}
	if !d.Valid() {
		return cardprofile.Date{}, false, cardprofile.ErrDate
	}
	return d, false, nil
}

func split(s string, century int) (cardprofile.Date, error) {
	if len(s) != 6 {
		return cardprofile.Date{}, cardprofile.ErrDate
	}
	part := func(p string) (int, bool) {
		if p == "<<" {
			return 0, true
		}
		if !isDigits(p) {
			return 0, false
		}
		return int(p[0]-'0')*10 + int(p[1]-'0'), true
	}
	y, ok1 := part(s[:2])
	mo, ok2 := part(s[2:4])
	d, ok3 := part(s[4:])
	if !ok1 || !ok2 || !ok3 || mo > 12 || d > 31 {
		return cardprofile.Date{}, cardprofile.ErrDate
	}
	if s[:2] == "<<" {
		return cardprofile.Date{}, nil
	}
	return cardprofile.Date{Year: century + y, Month: mo, Day: d}, nil
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
