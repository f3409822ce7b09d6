package rule

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// number: the holder's number has twelve digits; nothing else is promised.
var number = Record{
	ID:       "record.number",
	Title:    cardprofile.Text{VI: "Số định danh cá nhân", EN: "Personal identification number"},
	Citation: "Law 26/2023/QH15, art. 12: 12 digits",
	check: func(s *subject) {
		n := s.rec.Number
		if !s.vietnamese() || n == "" {
			return
		}
		switch {
		case strings.Trim(n, "0123456789") != "":
			s.reject("number", "phải chỉ gồm chữ số", "must be digits alone")
		case len(n) != 12:
			s.reject("number", "phải có đúng 12 chữ số", "must have exactly 12 digits")
		}
	},
}
