package mrz

import "strings"

// Truncated tells whether the name may have been cut: a letter in the last
// position of the name field (Doc 9303-4, -5 and -6 (8th ed.), 4.2.3). A name
// that just fits looks the same.
func (m *MRZ) Truncated() bool {
	l, ok := layouts[m.Type]
	if !ok || len(m.Lines) != l.lines {
		return false
	}
	s := l.name.of(m.Lines)
	return !strings.HasSuffix(s, "<")
}

// NameFits tells whether the name field may stand for this name, however the
// issuer cut it: the standard leaves the method to the issuer (Doc 9303-4, -5
// and -6 (8th ed.), 4.2.3). Names are given as on the card, in any script that
// has a rule. A field that is not cut must be the whole name.
func (m *MRZ) NameFits(r Rules, primary, secondary string) (bool, error) {
	p, err := r.Transliterate(primary)
	if err != nil {
		return false, err
	}
	s, err := r.Transliterate(secondary)
	if err != nil {
		return false, err
	}
	if p == "" {
		p, s = s, ""
	}
	if m.Primary == p && m.Secondary == s {
		return true, nil
	}
	if !m.Truncated() || (m.Secondary == "") != (s == "") {
		return false, nil
	}
	return cutFrom(m.Primary, p) && cutFrom(m.Secondary, s), nil
}

// cutFrom tells whether each component is the beginning of its counterpart, in
// order; components at the end may be missing.
func cutFrom(short, full string) bool {
	a, b := strings.Fields(short), strings.Fields(full)
	if len(a) > len(b) {
		return false
	}
	for i := range a {
		if !strings.HasPrefix(b[i], a[i]) {
			return false
		}
	}
	return len(a) > 0 || len(b) == 0
}
