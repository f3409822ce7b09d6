package rule

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

// name: names are NFC, of letters, and can be written in the zone.
var name = Record{
	ID:       "record.name",
	Title:    cardprofile.Text{VI: "Họ tên", EN: "Names"},
	Citation: "Doc 9303-3 (8th ed.), 3.4, 4.6 and 6",
	check: func(s *subject) {
		r := s.rec
		for _, f := range []struct{ field, value string }{
			{"full_name", r.FullName}, {"surname", r.Surname}, {"given_names", r.GivenNames},
			{"father", r.Father}, {"mother", r.Mother}, {"spouse", r.Spouse},
		} {
			if f.value != "" {
				s.checkName(f.field, f.value)
			}
		}
		if s.vietnamese() && r.FullName != "" && len(strings.Fields(r.FullName)) == 1 {
			s.warn("full_name", "chỉ có một từ", "a single word")
		}
	},
}

func (s *subject) checkName(field, v string) {
	if !norm.NFC.IsNormalString(v) {
		s.reject(field, "không ở dạng Unicode NFC", "not in Unicode form NFC")
		return
	}
	letters := false
	for _, c := range v {
		switch {
		case unicode.IsLetter(c):
			letters = true
		case unicode.Is(unicode.Mn, c) && !s.vietnamese():
		case strings.ContainsRune(" '’-.,", c):
		case unicode.IsDigit(c):
			s.reject(field, "có chữ số", "a digit in it")
			return
		default:
			s.reject(field, "có ký tự không được phép trong tên", "a character that a name cannot have")
			return
		}
	}
	if !letters {
		s.reject(field, "không có chữ cái nào", "no letter in it")
		return
	}
	if strings.Contains(v, "  ") {
		s.warn(field, "có nhiều khoảng trắng liền nhau", "more than one space in a row")
	}
	if _, err := mrz.Transliterate(v); err != nil && (field == "full_name" && s.rec.Surname == "" || field == "surname" || field == "given_names") {
		s.reject(field, "có chữ không chuyển được sang chữ Latinh của dòng MRZ", "a letter that cannot be written in the machine readable zone")
	}
}
