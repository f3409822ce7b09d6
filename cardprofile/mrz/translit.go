package mrz

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// special are the letters that do not come apart into a base letter and marks.
// Doc 9303-3 (8th ed.), 6.A. Where the table offers a choice (Ä: AE or A), the
// base letter is taken.
var special = map[rune]string{
	'Æ': "AE", 'Ð': "D", 'Đ': "D", 'Ø': "OE", 'Þ': "TH", 'ẞ': "SS", 'ß': "SS", 'Ħ': "H", 'ı': "I", 'Ĳ': "IJ",
	'Ŀ': "L", 'Ł': "L", 'Ŋ': "N", 'Œ': "OE", 'Ŧ': "T", 'Ƣ': "OI",
}

// cyrillic is Doc 9303-3 (8th ed.), 6.B, in the general reading. The soft sign is
// not in the table; it has no sound of its own and States leave it out.
var cyrillic = map[rune]string{
	'Ё': "E", 'Ђ': "D", 'Є': "IE", 'Ѕ': "DZ", 'І': "I", 'Ї': "I", 'Ј': "J", 'Љ': "LJ", 'Њ': "NJ", 'Ќ': "K", 'Ў': "U", 'Џ': "DZ",
	'А': "A", 'Б': "B", 'В': "V", 'Г': "G", 'Д': "D", 'Е': "E", 'Ж': "ZH", 'З': "Z", 'И': "I", 'Й': "I", 'К': "K", 'Л': "L", 'М': "M",
	'Н': "N", 'О': "O", 'П': "P", 'Р': "R", 'С': "S", 'Т': "T", 'У': "U", 'Ф': "F", 'Х': "KH", 'Ц': "TS", 'Ч': "CH", 'Ш': "SH",
	'Щ': "SHCH", 'Ъ': "IE", 'Ы': "Y", 'Ь': "", 'Э': "E", 'Ю': "IU", 'Я': "IA", 'Ѫ': "U", 'Ѵ': "Y", 'Ґ': "G", 'Ғ': "G", 'Һ': "C",
}

// cyrillicOf are the exceptions of 6.B by language, ISO 639-1; cyrillicFirst
// those for the first letter of a name.
var (
	cyrillicOf = map[string]map[rune]string{
		"be": {'Ё': "IO", 'Г': "H"},
		"bg": {'Щ': "SHT"},
		"mk": {'Ќ': "KJ", 'Џ': "DJ", 'Х': "H", 'Ц': "C", 'Ғ': "GJ"},
		"sr": {'Г': "H", 'Ж': "Z", 'Х': "H", 'Ц': "C", 'Ч': "C", 'Ш': "S"},
		"uk": {'Г': "H", 'И': "Y"},
	}
	cyrillicFirst = map[string]map[rune]string{
		"uk": {'Є': "YE", 'Ї': "YI", 'Й': "Y", 'Ю': "YU", 'Я': "YA"},
	}
)

// Expanded are the longer of the recommended spellings where Doc 9303-3 (8th
// ed.), 6.A leaves the choice, for Rules.Variants. (Ñ as NXX and Ü as UXX are in
// the table too.)
var Expanded = map[rune]string{'Ä': "AE", 'Å': "AA", 'Ö': "OE", 'Ü': "UE"}

// Rules are the choices that Doc 9303-3 (8th ed.), 6 leaves to the issuer. The
// zero value reads the tables in general, and takes the base letter where they
// offer several.
type Rules struct {
	// Language is be, bg, mk, sr or uk for names in Cyrillic letters that 6.B
	// treats apart; any other value changes nothing.
	Language string
	// Variants are spellings of single capital letters that go before the tables.
	Variants map[rune]string
}

// Transliterate writes a name as the zone does, in the general reading of the
// tables; see Rules.Transliterate.
func Transliterate(name string) (string, error) { return Rules{}.Transliterate(name) }

// Transliterate writes a name as the zone does: A to Z, components separated by
// one space. Apostrophes and other marks go, hyphens and commas separate
// (Doc 9303-3 (8th ed.), 4.6 and 6). Digits, and letters for which there is no
// rule, are an error that does not repeat the name.
func (r Rules) Transliterate(name string) (string, error) {
	var out speller
	// NFC first, so that a letter typed as base and marks meets the table; then
	// each letter apart.
	for _, c := range strings.ToUpper(norm.NFC.String(name)) {
		if !presentation(c) {
			if err := r.letter(&out, c); err != nil {
				return "", err
			}
			continue
		}
		for _, c := range norm.NFKC.String(string(c)) {
			if err := r.letter(&out, c); err != nil {
				return "", err
			}
		}
	}
	out.separate()
	return strings.Join(strings.Fields(out.b.String()), " "), nil
}

// speller collects the letters and knows the last one, which a mark behind it
// may change.
type speller struct {
	b       strings.Builder
	last    string // what the last letter was written as
	open    bool   // inside a component
	marbuta bool   // the last letter is a teh marbuta, not yet written
}

func (o *speller) put(s string) {
	o.settle("XTA")
	o.b.WriteString(s)
	if s != "" {
		o.last, o.open = s, true
	}
}

// settle writes a teh marbuta as its place wants it.
func (o *speller) settle(as string) {
	if o.marbuta {
		o.marbuta = false
		o.b.WriteString(as)
		o.last, o.open = as, true
	}
}

func (o *speller) separate() {
	o.settle(tehMarbutaLast)
	o.b.WriteByte(' ')
	o.last, o.open = "", false
}

func (r Rules) letter(o *speller, c rune) error {
	if s, ok := r.Variants[c]; ok {
		if strings.Trim(s, letters) != "" {
			return fmt.Errorf("%w: a variant spelling with other than letters", ErrField)
		}
		o.put(s)
		return nil
	}
	if s, ok := cyrillicFirst[r.Language][c]; ok && !o.open {
		o.put(s)
		return nil
	}
	for _, table := range []map[rune]string{cyrillicOf[r.Language], special, cyrillic} {
		if s, ok := table[c]; ok {
			o.put(s)
			return nil
		}
	}
	switch s, ok := arabic[c]; {
	case c == shadda:
		o.settle("XTA")
		o.b.WriteString(o.last)
		return nil
	case c == tehMarbuta:
		o.settle("XTA")
		o.marbuta = true
		return nil
	case ok && s == "": // a mark: it does not end the letter before it
		return nil
	case ok:
		o.put(s)
		return nil
	}
	switch {
	case c >= 'A' && c <= 'Z':
		o.put(string(c))
	case unicode.IsSpace(c), c == '-', c == '‐', c == '‑', c == '–', c == '—', c == ',', c == '،':
		o.separate()
	case unicode.IsPunct(c), unicode.IsSymbol(c), unicode.Is(unicode.Mn, c), unicode.Is(unicode.Lm, c):
	default:
		base := []rune(norm.NFD.String(string(c)))[0]
		if s, ok := special[base]; ok {
			o.put(s)
			return nil
		}
		if base < 'A' || base > 'Z' {
			return fmt.Errorf("%w: the name has a character that the zone has no rule for", ErrField)
		}
		o.put(string(base))
	}
	return nil
}

// SplitVietnamese divides a full name as Vietnamese documents do: the first
// word is the surname.
func SplitVietnamese(full string) (surname, given string) {
	surname, given, _ = strings.Cut(strings.Join(strings.Fields(full), " "), " ")
	return surname, given
}

// nameField writes both identifiers into width characters, shortened only when
// they must be (Doc 9303-4, -5 and -6 (8th ed.), 4.2.3): what is cut ends with a
// letter in the last position.
func nameField(primary, secondary string, width int) string {
	p, s := strings.Fields(primary), strings.Fields(secondary)
	full := join(s)
	switch {
	case len(s) == 0:
		return pad(shorten(p, width), width)
	case size(p)+2+len(full) <= width:
		return pad(join(p)+"<<"+full, width)
	}
	// Two fillers and at least one letter of the secondary identifier fit.
	room := size(p)
	if room > width-3 {
		cut := append([]string(nil), p...)
		for i := len(cut) - 1; i > 0 && size(cut) > width-3; i-- {
			cut[i] = cut[i][:1]
		}
		room = min(size(cut), width-3)
	}
	if 2+room+len(full) <= width {
		return pad(shorten(p, width-2-len(full))+"<<"+full, width)
	}
	given := shorten(s, width-2-room)
	if len(given) < width-2-room && room > 1 { // one position that no component can begin in
		room--
		given = shorten(s, width-2-room)
	}
	return pad(shorten(p, room)+"<<"+given, width)
}

// shorten cuts components, the last first, down to their initials, and leaves
// out last ones when even the initials are too many.
func shorten(parts []string, width int) string {
	parts = append([]string(nil), parts...)
	for len(parts) > 1 && 2*len(parts)-1 > width {
		parts = parts[:len(parts)-1]
	}
	over := size(parts) - width
	for i := len(parts) - 1; i >= 0 && over > 0; i-- {
		n := min(over, len(parts[i])-1)
		parts[i] = parts[i][:len(parts[i])-n]
		over -= n
	}
	return join(parts)
}

func join(parts []string) string { return strings.Join(parts, "<") }
func size(parts []string) int    { return len(join(parts)) }
func pad(s string, width int) string {
	if len(s) >= width {
		return s[:width]
	}
	return s + strings.Repeat("<", width-len(s))
}

// NameField writes both names, in any script that has a rule, as the name field
// of a zone of this format holds them.
func NameField(f Format, primary, secondary string) (string, error) {
	p, err := Transliterate(primary)
	if err != nil {
		return "", err
	}
	s, err := Transliterate(secondary)
	if err != nil {
		return "", err
	}
	if p == "" {
		p, s = s, ""
	}
	return nameField(p, s, layouts[f].name.width()), nil
}
