package rule

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// duplicate: one card for one number in one batch. The first record that no rule
// rejects stands; later ones do not.
var duplicate = Record{
	ID:       "record.duplicate",
	Title:    cardprofile.Text{VI: "Trùng số trong lô", EN: "Duplicates in the batch"},
	Citation: "Law 26/2023/QH15, art. 12: a number is one person's alone",
	check: func(s *subject) {
		key, field := s.rec.Number, "number"
		if !s.vietnamese() {
			key, field = s.rec.DocumentNumber, "document_number"
		}
		if key == "" {
			return
		}
		if line, ok := s.seen[key]; ok {
			s.reject(field, fmt.Sprintf("trùng với bản ghi ở dòng %d", line), fmt.Sprintf("the same as in the record on line %d", line))
			return
		}
		for _, f := range s.findings {
			if f.Outcome == Reject {
				return
			}
		}
		s.seen[key] = s.rec.Line
	},
}
