package rule

import "github.com/chipid-toolkit/chipid/cardprofile"

// required: the fields without which there is no card.
var required = Record{
	ID:       "record.required",
	Title:    cardprofile.Text{VI: "Các trường bắt buộc", EN: "Required fields"},
	Citation: "Doc 9303-3 (8th ed.), 3.1; Law 26/2023/QH15, art. 18",
	check: func(s *subject) {
		missing := func(field, value string) {
			if value == "" {
				s.reject(field, "còn thiếu", "missing")
			}
		}
		r := s.rec
		if s.vietnamese() {
			missing("number", r.Number)
			missing("nationality", r.Nationality)
			missing("place_of_origin", r.PlaceOfOrigin)
			missing("residence", r.Residence)
			if r.Sex == "X" { // DG13 knows Nam and Nữ alone
				s.reject("sex", "phải là Nam hoặc Nữ", "must be Nam or Nữ")
			}
		} else {
			missing("document_number", r.DocumentNumber)
		}
		if r.FullName == "" && r.Surname == "" {
			missing("full_name", "")
		}
		missing("date_of_birth", r.DateOfBirth.String())
		missing("sex", string(r.Sex))
		missing("date_of_issue", r.DateOfIssue.String())
	},
}
