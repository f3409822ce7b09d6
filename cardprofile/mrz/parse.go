package mrz

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

const where = "MRZ"

// Parse reads a whole zone, as one string or with its lines apart. Lower-case
// letters, spaces and the quotation marks that character recognition makes of
// fillers are set right first. What departs from the standard comes back as
// deviations; the error is for text that has not the shape of a zone.
func Parse(text string) (*MRZ, []cardprofile.Deviation, error) {
	lines, err := split2(clean(text))
	if err != nil {
		return nil, nil, err
	}
	f := formatOf(lines)
	if lines[0][0] == 'V' { // Doc 9303-7 (8th ed.), 4.2.2: a visa, and only a visa, begins so
		switch f {
		case TD3:
			f = MRVA
		case TD2:
			f = MRVB
		}
	}
	return parse(f, lines)
}

// ParseDG1 reads the zone as DG1 holds it: the characters without anything
// between or set right. A chip is in a card or a passport, so it is no visa.
func ParseDG1(text string) (*MRZ, []cardprofile.Deviation, error) {
	lines, err := split2(text)
	if err != nil {
		return nil, nil, err
	}
	return parse(formatOf(lines), lines)
}

// maxText bounds what is looked at: three lines of 30 with anything between.
const maxText = 1024

// clean leaves nothing but upper-case letters, digits, fillers and whatever is
// wrong; white space goes.
func clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	s = strings.Join(strings.Fields(s), "")
	s = strings.NewReplacer("«", "<<", "‹", "<", "＜", "<").Replace(s)
	return strings.ToUpper(s)
}

func split2(s string) ([]string, error) {
	for _, f := range []Format{TD1, TD2, TD3} {
		if len(s) != f.Lines()*f.Width() {
			continue
		}
		for i := 0; i < len(s); i++ {
			if s[i] < 0x20 || s[i] > 0x7E {
				return nil, ErrFormat
			}
		}
		lines := make([]string, f.Lines())
		for i := range lines {
			lines[i] = s[i*f.Width() : (i+1)*f.Width()]
		}
		return lines, nil
	}
	return nil, ErrFormat
}

func formatOf(lines []string) Format {
	for _, f := range []Format{TD1, TD2, TD3} {
		if len(lines) == f.Lines() && len(lines[0]) == f.Width() {
			return f
		}
	}
	return 0
}

// reader collects the deviations of one zone.
type reader struct {
	l    layout
	in   []string
	devs []cardprofile.Deviation
}

func (r *reader) note(rule, text string) {
	r.devs = append(r.devs, cardprofile.Deviation{Where: where, Rule: "mrz." + rule, Text: text})
}

func (r *reader) digit(name string, over string, at span) {
	got := at.of(r.in)[0]
	if want := CheckDigit(over); got != want {
		// An empty number may carry a filler for its digit, Doc 9303-4, 4.2.2.2.
		if got == '<' && strings.Trim(over, "<") == "" {
			return
		}
		r.note("checkdigit."+name, "the check digit of the "+strings.ReplaceAll(name, "_", " ")+" does not match")
	}
}

func parse(f Format, lines []string) (*MRZ, []cardprofile.Deviation, error) {
	l := layouts[f]
	if f == 0 {
		return nil, nil, ErrFormat
	}
	r := &reader{l: l, in: lines}
	for _, line := range lines {
		if strings.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<") != "" {
			r.note("charset", "a character outside A-Z, 0-9 and <")
			break
		}
	}
	m := &MRZ{
		Type: f, Lines: append([]string(nil), lines...),
		DocumentCode: field(l.code.of(lines)), IssuingState: field(l.state.of(lines)), Nationality: field(l.nationality.of(lines)),
		BirthDate: l.birth.of(lines), ExpiryDate: l.expiry.of(lines), Sex: l.sex.of(lines),
	}
	if f == TD1 {
		m.Optional2 = field(l.opt2.of(lines))
	}
	r.number(m)
	r.digit("birth_date", m.BirthDate, l.birthCD)
	r.digit("expiry_date", m.ExpiryDate, l.expiryCD)
	if f == TD3 {
		r.digit("personal_number", l.opt1.of(lines), l.opt1CD)
	}
	var all strings.Builder
	for _, s := range l.composite {
		all.WriteString(s.of(lines))
	}
	if len(l.composite) > 0 {
		r.digit("composite", all.String(), l.compositeCD)
	}

	if _, err := split(m.BirthDate, 2000); err != nil {
		r.note("date.birth", "the date of birth is no date")
	}
	if d, err := split(m.ExpiryDate, 2000); err != nil || d.Month == 0 || d.Day == 0 {
		r.note("date.expiry", "the date of expiry is no date")
	}
	if !strings.Contains("MF<", m.Sex) {
		r.note("sex", "the sex is neither M, F nor <")
	}
	r.state("state", "issuing state", m.IssuingState, State.mayIssue)
	r.state("nationality", "nationality", m.Nationality, func(State) bool { return true })
	r.code(m)
	r.names(m)
	return m, r.devs, nil
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// state judges one code of Doc 9303-3 (8th ed.), 5.
func (r *reader) state(rule, what, code string, fits func(State) bool) {
	s, known := StateOf(code)
	switch {
	case code == "" || strings.Trim(code, letters) != "":
		r.note(rule, "the "+what+" is no code of letters")
	case !known:
		r.note(rule+".unknown", "the "+what+" is not a code that is known here")
	case !fits(s):
		r.note(rule+".unfit", "the "+what+" is a code for something else")
	}
}

// code judges the first characters: Doc 9303-4, 4.2.2.1; 9303-5 and -6, note k;
// 9303-7, 4.2.2.
func (r *reader) code(m *MRZ) {
	first := "ACI"
	switch {
	case m.Type.Visa():
		first = "V"
	case m.Type == TD3:
		first = "P"
	}
	if !strings.Contains(first, r.in[0][:1]) {
		r.note("document_code", "the document code does not fit the format")
	}
	if first == "ACI" && (r.in[0][1] == 'V' || m.DocumentCode == "AI") {
		r.note("document_code.second", "the second letter of the document code is one that must not be there")
	}
}

// number reads the document number, which continues in the optional data when
// a filler stands for its check digit (Doc 9303-5 and -6, note j).
func (r *reader) number(m *MRZ) {
	head, cd, opt := r.l.number.of(r.in), r.l.numberCD.of(r.in), r.l.opt1.of(r.in)
	m.DocumentNumber, m.Optional1 = field(head), field(opt)
	if cd == "<" && m.Type.long() && opt[0] != '<' {
		end := strings.IndexByte(opt, '<')
		if end < 0 {
			r.note("number.long", "a long document number has no filler after its check digit")
			end = len(opt)
		}
		if end >= 2 {
			m.DocumentNumber, m.Optional1 = head+opt[:end-1], field(opt[min(end+1, len(opt)):])
			if opt[end-1] != CheckDigit(m.DocumentNumber) {
				r.note("checkdigit.document_number", "the check digit of the long document number does not match")
			}
			return
		}
	}
	r.digit("document_number", head, r.l.numberCD)
	if m.DocumentNumber == "" {
		r.note("number", "there is no document number")
	}
}

func (r *reader) names(m *MRZ) {
	s := r.l.name.of(r.in)
	primary, secondary, _ := strings.Cut(s, "<<")
	m.Primary, m.Secondary = words(primary), words(secondary)
	if strings.ContainsAny(s, "0123456789") {
		r.note("name.digit", "a digit in the name")
	}
	if strings.HasPrefix(s, "<") {
		r.note("name.primary", "there is no primary identifier")
	}
	if rest := strings.TrimRight(secondary, "<"); strings.Contains(rest, "<<") || strings.HasPrefix(rest, "<") {
		r.note("name.filler", "more fillers inside the name than separate its parts")
	}
}

// long tells whether a document number may go on in the optional data.
func (f Format) long() bool { return f == TD1 || f == TD2 }

// field removes the fillers that only fill.
func field(s string) string { return strings.TrimRight(s, "<") }

func words(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '<' }), " ")
}
