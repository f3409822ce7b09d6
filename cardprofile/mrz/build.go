package mrz

import (
	"fmt"
	"strings"
)

// Fields is what a zone is built from. Names are as they are written on the
// card, in any script that has a rule; everything else is as it stands in the
// zone, without fillers at the end.
type Fields struct {
	Type           Format
	DocumentCode   string // one or two letters
	IssuingState   string // one to three letters, Doc 9303-3 (8th ed.), 5
	DocumentNumber string // letters and digits; in TD1 to 22, in TD2 to 14 of them
	Nationality    string
	BirthDate      string // YYMMDD, unknown parts "<<"
	Sex            string // "M", "F", "X" or "<"
	ExpiryDate     string // YYMMDD
	Optional1      string
	Optional2      string // TD1 only
	Primary        string
	Secondary      string

	// Rules are how names are written in Latin letters; the zero value is the
	// general reading of the tables.
	Rules Rules
}

// Build writes a zone and its check digits. It is strict: an error names the
// field, never its value.
func Build(f Fields) (*MRZ, error) {
	l, ok := layouts[f.Type]
	if !ok {
		return nil, fmt.Errorf("%w: format: none that is known", ErrField)
	}
	w := &writer{l: l, lines: make([][]byte, l.lines)}
	for i := range w.lines {
		w.lines[i] = []byte(strings.Repeat("<", l.width))
	}
	w.code("document code", f.DocumentCode, l.code)
	w.code("issuing state", f.IssuingState, l.state)
	w.code("nationality", f.Nationality, l.nationality)
	w.number(f)
	w.date("date of birth", f.BirthDate, l.birth, l.birthCD, true)
	w.date("date of expiry", f.ExpiryDate, l.expiry, l.expiryCD, false)
	switch f.Sex {
	case "M", "F":
		w.put(l.sex, f.Sex)
	case "X", "<", "": // Doc 9303-5, note f
	default:
		w.fail("sex", "must be M, F or X")
	}
	switch {
	case f.Type == TD1:
		w.text("optional data", f.Optional2, l.opt2)
	case f.Optional2 != "":
		w.fail("optional data", "this format has one field of it")
	}
	if f.Type == TD3 {
		// Doc 9303-4, 4.2.2.2: a filler or a zero when there is no personal
		// number; the filler is what most states print.
		if f.Optional1 != "" {
			w.put(l.opt1CD, string(CheckDigit(w.get(l.opt1))))
		}
	}
	w.names(f)
	if w.err != nil {
		return nil, w.err
	}
	var all strings.Builder
	for _, s := range l.composite {
		all.WriteString(w.get(s))
	}
	if len(l.composite) > 0 {
		w.put(l.compositeCD, string(CheckDigit(all.String())))
	}

	lines := make([]string, len(w.lines))
	for i, b := range w.lines {
		lines[i] = string(b)
	}
	m, devs, err := parse(f.Type, lines)
	if err != nil {
		return nil, err
	}
	if len(devs) > 0 { // what is built must read back clean
		return nil, fmt.Errorf("%w: %s", ErrField, devs[0].Text)
	}
	return m, nil
}

type writer struct {
	l     layout
	lines [][]byte
	err   error
}

func (w *writer) fail(name, problem string) {
	if w.err == nil {
		w.err = fmt.Errorf("%w: %s: %s", ErrField, name, problem)
	}
}

func (w *writer) put(at span, s string) { copy(w.lines[at.line][at.from:at.to], s) }
func (w *writer) get(at span) string    { return string(w.lines[at.line][at.from:at.to]) }

func (w *writer) code(name, s string, at span) {
	switch {
	case s == "" || len(s) > at.width():
		w.fail(name, fmt.Sprintf("must be one to %d letters", at.width()))
	case strings.Trim(s, letters) != "":
		w.fail(name, "must be capital letters")
	default:
		w.put(at, s)
	}
}

func (w *writer) text(name, s string, at span) {
	switch {
	case len(s) > at.width():
		w.fail(name, fmt.Sprintf("longer than %d characters", at.width()))
	case strings.Trim(s, letters+"0123456789<") != "":
		w.fail(name, "a character outside A-Z, 0-9 and <")
	default:
		w.put(at, s)
	}
}

// number writes the document number and the optional data behind it.
func (w *writer) number(f Fields) {
	n, head := f.DocumentNumber, w.l.number.width()
	if n == "" || strings.Trim(n, letters+"0123456789<") != "" || strings.Trim(n, "<") != n {
		w.fail("document number", "must be letters and digits")
		return
	}
	if len(n) <= head {
		w.put(w.l.number, n)
		w.put(w.l.numberCD, string(CheckDigit(w.get(w.l.number))))
		w.text("optional data", f.Optional1, w.l.opt1)
		return
	}
	// Doc 9303-5 and -6, note j: a filler instead of the check digit, then the
	// rest, its check digit and a filler in front of what else is there.
	room := w.l.opt1.width() - 2
	if !f.Type.long() || len(n)-head > room {
		w.fail("document number", "too long for the format")
		return
	}
	if strings.ContainsRune(n[head:], '<') {
		w.fail("document number", "a filler in its end, where it would be cut")
		return
	}
	w.put(w.l.number, n[:head])
	w.text("optional data", n[head:]+string(CheckDigit(n))+"<"+f.Optional1, w.l.opt1)
}

func (w *writer) date(name, s string, at, cd span, unknown bool) {
	d, err := split(s, 2000)
	known := !d.IsZero() && d.Month != 0 && d.Day != 0
	if err != nil || !unknown && !known {
		w.fail(name, "must be YYMMDD")
		return
	}
	if known && !d.Valid() && !(d.Month == 2 && d.Day == 29) { // the century is not known here
		w.fail(name, "no such day")
		return
	}
	w.put(at, s)
	w.put(cd, string(CheckDigit(s)))
}

func (w *writer) names(f Fields) {
	p, err := f.Rules.Transliterate(f.Primary)
	if err != nil {
		w.fail("primary identifier", "a character without a rule; give the name in Latin letters")
		return
	}
	s, err := f.Rules.Transliterate(f.Secondary)
	if err != nil {
		w.fail("secondary identifier", "a character without a rule; give the name in Latin letters")
		return
	}
	if p == "" { // a single name stands first, Doc 9303-5, 4.2.2.3
		p, s = s, ""
	}
	if p == "" {
		w.fail("primary identifier", "there is no name")
		return
	}
	w.put(w.l.name, nameField(p, s, w.l.name.width()))
}
