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

// cyrillic is Doc 9303-3 (8th ed.), 6.B, in the general reading; its exceptions
// for single languages need a name given in Latin letters.
var cyrillic = map[rune]string{
	'Ё': "E", 'Ђ': "D", 'Є': "IE", 'Ѕ': "DZ", 'І': "I", 'Ї': "I", 'Ј': "J", 'Љ': "LJ", 'Њ': "NJ", 'Ќ': "K", 'Ў': "U", 'Џ': "DZ",
	'А': "A", 'Б': "B", 'В': "V", 'Г': "G", 'Д': "D", 'Е': "E", 'Ж': "ZH", 'З': "Z", 'И': "I", 'Й': "I", 'К': "K", 'Л': "L", 'М': "M",
	'Н': "N", 'О': "O", 'П': "P", 'Р': "R", 'С': "S", 'Т': "T", 'У': "U", 'Ф': "F", 'Х': "KH", 'Ц': "TS", 'Ч': "CH", 'Ш': "SH",
	'Щ': "SHCH", 'Ъ': "IE", 'Ы': "Y", 'Э': "E", 'Ю': "IU", 'Я': "IA", 'Ѫ': "U", 'Ѵ': "Y", 'Ґ': "G", 'Ғ': "G", 'Һ': "C",
}

// Transliterate writes a name as the zone does: A to Z, components separated by
// one space. Apostrophes and other marks go, hyphens and commas separate
// (Doc 9303-3 (8th ed.), 4.6 and 6). Digits, and letters for which there is no
// one rule, are an error that does not repeat the name.
func Transliterate(name string) (string, error) {
	var b strings.Builder
	// NFC first, so that a letter typed as base and marks meets the table; then
	// each letter apart.
	for _, r := range strings.ToUpper(norm.NFC.String(name)) {
		if s, ok := special[r]; ok {
			b.WriteString(s)
			continue
		}
		if s, ok := cyrillic[r]; ok {
			b.WriteString(s)
			continue
		}
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		case unicode.IsSpace(r), r == '-', r == '‐', r == '‑', r == '–', r == '—', r == ',':
			b.WriteByte(' ')
		case unicode.IsPunct(r), unicode.IsSymbol(r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Lm, r):
		default:
			base := []rune(norm.NFD.String(string(r)))[0]
			if s, ok := special[base]; ok {
				b.WriteString(s)
				continue
			}
			if base < 'A' || base > 'Z' {
				return "", fmt.Errorf("%w: the name has a character that the zone has no rule for", ErrField)
			}
			b.WriteRune(base)
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), nil
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
