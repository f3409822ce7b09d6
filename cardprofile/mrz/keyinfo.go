package mrz

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// KeyInfo is the key information of BAC and of PACE with the MRZ: document
// number, date of birth and date of expiry, each with its check digit
// (Doc 9303-11 (8th ed.), 4.3.2 and 4.4.4.1). Check digits are taken as they
// stand, since the chip was made from the same zone; where a filler stands in
// place of one it is worked out.
func (m *MRZ) KeyInfo() string {
	l := layouts[m.Type]
	number := m.DocumentNumber
	if len(number) < 9 {
		number = pad(number, 9)
	}
	long := len(m.DocumentNumber) > 9
	cd := l.numberCD.of(m.Lines)[0]
	if long {
		cd = l.opt1.of(m.Lines)[len(m.DocumentNumber)-9]
	}
	return number + string(digitOr(cd, number)) +
		m.BirthDate + string(digitOr(l.birthCD.of(m.Lines)[0], m.BirthDate)) +
		m.ExpiryDate + string(digitOr(l.expiryCD.of(m.Lines)[0], m.ExpiryDate))
}

func digitOr(cd byte, over string) byte {
	if cd >= '0' && cd <= '9' {
		return cd
	}
	return CheckDigit(over)
}

// MakeKeyInfo builds the key information from its three parts: the document
// number without its check digit, and the dates as YYMMDD, dd/mm/yyyy or
// yyyy-mm-dd.
func MakeKeyInfo(documentNumber, birth, expiry string) (string, error) {
	number := strings.ToUpper(strings.Join(strings.Fields(documentNumber), "<"))
	if number == "" || len(number) > 22 || strings.Trim(number, letters+"0123456789<") != "" {
		return "", ErrFormat
	}
	if len(number) < 9 {
		number = pad(number, 9)
	}
	b, err := keyDate(birth)
	if err != nil {
		return "", err
	}
	e, err := keyDate(expiry)
	if err != nil {
		return "", err
	}
	return number + string(CheckDigit(number)) + b + string(CheckDigit(b)) + e + string(CheckDigit(e)), nil
}

func keyDate(s string) (string, error) {
	s = strings.TrimSpace(s)
	if _, err := split(s, 2000); err == nil {
		return s, nil
	}
	d, err := cardprofile.ParseDate(s)
	if err != nil {
		return "", ErrFormat
	}
	return d.YYMMDD(), nil
}

// ParseKeyInfo makes the key information from whatever part of the zone there
// is: the whole zone of any format, the two lines of TD1 that hold numbers, the
// second line of TD2 or TD3, the key information itself, or document number,
// date of birth and date of expiry separated by commas, semicolons or bars. A
// check digit that does not match comes back as a deviation: it tells a misread
// character from a refused key.
func ParseKeyInfo(text string) (string, []cardprofile.Deviation, error) {
	if len(text) > maxText {
		return "", nil, ErrFormat
	}
	if parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;|", r) }); len(parts) == 3 {
		info, err := MakeKeyInfo(parts[0], parts[1], parts[2])
		return info, nil, err
	}
	s := clean(text)
	switch len(s) {
	case TD1.Lines() * TD1.Width(), TD2.Lines() * TD2.Width(), TD3.Lines() * TD3.Width():
		m, devs, err := Parse(s)
		if err != nil {
			return "", nil, err
		}
		return m.KeyInfo(), devs, nil
	case 2 * TD1.Width(): // without the line of the name
		return partial([]string{s[:30], s[30:], pad("X", 30)})
	case TD2.Width():
		return partial([]string{pad("I<UTOX", 36), s})
	case TD3.Width():
		return partial([]string{pad("P<UTOX", 44), s})
	}
	return ready(s)
}

// partial reads a zone of which lines are missing. What is said about the lines
// put in their place is left out.
func partial(lines []string) (string, []cardprofile.Deviation, error) {
	whole, err := split2(strings.Join(lines, ""))
	if err != nil {
		return "", nil, err
	}
	m, devs, err := parse(formatOf(whole), whole)
	if err != nil {
		return "", nil, err
	}
	return m.KeyInfo(), devs, nil
}

// ready accepts key information as it is: 24 characters, more with a long
// document number.
func ready(s string) (string, []cardprofile.Deviation, error) {
	if len(s) < 24 || len(s) > 37 || strings.Trim(s, letters+"0123456789<") != "" {
		return "", nil, ErrFormat
	}
	n := len(s) - 14
	number, cd := s[:n-1], s[n-1]
	birth, expiry := s[n:n+7], s[n+7:]
	var devs []cardprofile.Deviation
	for _, p := range []struct {
		name, over string
		cd         byte
	}{{"document_number", number, cd}, {"birth_date", birth[:6], birth[6]}, {"expiry_date", expiry[:6], expiry[6]}} {
		if CheckDigit(p.over) != p.cd {
			devs = append(devs, cardprofile.Deviation{Where: where, Rule: "mrz.checkdigit." + p.name,
				Text: "the check digit of the " + strings.ReplaceAll(p.name, "_", " ") + " does not match"})
		}
	}
	if _, err := split(birth[:6], 2000); err != nil {
		return "", nil, ErrFormat
	}
	if _, err := split(expiry[:6], 2000); err != nil {
		return "", nil, ErrFormat
	}
	return s, devs, nil
}
