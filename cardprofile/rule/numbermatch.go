package rule

import (
	_ "embed"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// provinceFile lists the codes of the 63 provinces before the mergers of 2025,
// one a line: code, space, name.
//
//go:embed vn-provinces.txt
var provinceFile string

var provinces = func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(provinceFile) {
		line = strings.TrimSpace(line)
		if code, name, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			m[code] = name
		}
	}
	return m
}()

// numberMatch: place, sex, century and year in the number against the record. A
// mismatch is never more than a warning: the law promises twelve digits alone.
var numberMatch = Record{
	ID:       "record.number.match",
	Title:    cardprofile.Text{VI: "Số định danh so với bản ghi", EN: "Number against the record"},
	Citation: "Decree 137/2015/NĐ-CP, art. 13; Circular 07/2016/TT-BCA, art. 7",
	check: func(s *subject) {
		n, r := s.rec.Number, s.rec
		if !s.vietnamese() || len(n) != 12 || strings.Trim(n, "0123456789") != "" {
			return
		}
		if _, ok := provinces[n[:3]]; !ok {
			s.warn("number", "ba chữ số đầu không phải mã của tỉnh, thành nào (khai sinh ở nước ngoài có mã khác)",
				"the first three digits are no province's code (births registered abroad have other codes)")
		}
		// Even for men, odd for women; two for each century from the 1900s on.
		digit := int(n[3] - '0')
		sex, century := citizen.Male, 1900+digit/2*100
		if digit%2 == 1 {
			sex = citizen.Female
		}
		if r.Sex != "" && r.Sex != sex {
			s.warn("number", "chữ số thứ tư không khớp với giới tính", "the fourth digit does not match the sex")
		}
		if r.DateOfBirth.IsZero() {
			return
		}
		if r.DateOfBirth.Year/100*100 != century {
			s.warn("number", "chữ số thứ tư không khớp với thế kỷ sinh", "the fourth digit does not match the century of birth")
		}
		if year := int(n[4]-'0')*10 + int(n[5]-'0'); r.DateOfBirth.Year%100 != year {
			s.warn("number", "chữ số thứ năm và thứ sáu không khớp với năm sinh", "the fifth and sixth digits do not match the year of birth")
		}
	},
}
