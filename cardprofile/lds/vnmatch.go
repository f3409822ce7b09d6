package lds

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

// MatchZone compares DG13 with the machine readable zone of DG1. Each difference
// is named in words without the data. noExpiry is what the zone carries for a
// card without end ("991231").
func (d *VietnamDG13) MatchZone(m *mrz.MRZ, noExpiry string) []string {
	var out []string
	differ := func(what string) { out = append(out, "the "+what+" of DG13 is not that of DG1") }

	if number, ok := m.Is12(); !ok || number != d.Number {
		differ("number")
	}
	if b, err := cardprofile.ParseDate(d.DateOfBirth); err != nil || b.YYMMDD() != m.BirthDate {
		differ("date of birth")
	}
	if sex := map[string]string{"Nam": "M", "Nữ": "F"}[d.Sex]; sex != m.Sex {
		differ("sex")
	}
	expiry := noExpiry
	if e, err := cardprofile.ParseDate(d.DateOfExpiry); err == nil {
		expiry = e.YYMMDD()
	} else if d.DateOfExpiry == "" {
		expiry = "" // left out on some cards of 2024: nothing to compare
	}
	if expiry != "" && expiry != m.ExpiryDate {
		differ("date of expiry")
	}
	if !sameName(d.FullName, m) {
		differ("name")
	}
	return out
}

// sameName writes the full name as the zone would and compares; a name that had
// to be cut in the zone is compared as cut.
func sameName(full string, m *mrz.MRZ) bool {
	surname, given := mrz.SplitVietnamese(full)
	want, err := mrz.NameField(m.Type, surname, given)
	if err != nil {
		return false
	}
	have, err := mrz.NameField(m.Type, m.Primary, m.Secondary)
	if err != nil {
		return false
	}
	return want == have || strings.Trim(strings.ReplaceAll(want, "<<", "<"), "<") == strings.Trim(strings.ReplaceAll(have, "<<", "<"), "<")
}
