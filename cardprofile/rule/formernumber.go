package rule

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// formerNumber: the number of the paper card had nine digits.
var formerNumber = Record{
	ID:       "record.former_number",
	Title:    cardprofile.Text{VI: "Số CMND cũ", EN: "Former number"},
	Citation: "Decree 05/1999/NĐ-CP: nine digits",
	check: func(s *subject) {
		n := s.rec.FormerNumber
		if n != "" && (len(n) != 9 || strings.Trim(n, "0123456789") != "") {
			s.reject("former_number", "phải có đúng 9 chữ số, hoặc để trống", "must have exactly nine digits, or be left empty")
		}
	},
}
