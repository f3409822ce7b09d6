package rule

import "github.com/chipid-toolkit/chipid/cardprofile"

// oldest is the age in years beyond which a date of birth is taken for a
// mistake; issueAhead the days by which a card may be dated ahead.
const (
	oldest     = 130
	issueAhead = 60
)

// dates: birth, issue and today follow one another.
var dates = Record{
	ID:       "record.dates",
	Title:    cardprofile.Text{VI: "Ngày sinh và ngày cấp", EN: "Dates of birth and issue"},
	Citation: "Doc 9303-3 (8th ed.), 3.8 and 4.8",
	check: func(s *subject) {
		birth, issue := s.rec.DateOfBirth, s.rec.DateOfIssue
		if birth.IsZero() || issue.IsZero() { // record.required says so
			return
		}
		if !birth.Valid() {
			s.reject("date_of_birth", "không phải là ngày có thật", "no such day")
			return
		}
		if !issue.Valid() {
			s.reject("date_of_issue", "không phải là ngày có thật", "no such day")
			return
		}
		switch {
		case birth.After(s.Today):
			s.reject("date_of_birth", "ở sau ngày hôm nay", "after today")
		case birth.Age(s.Today) > oldest:
			s.reject("date_of_birth", "cách đây quá lâu", "too long ago")
		}
		if issue.Before(birth) {
			s.reject("date_of_issue", "ở trước ngày sinh", "before the date of birth")
		}
		if issue.DaysAfter(s.Today) > issueAhead {
			s.reject("date_of_issue", "ở quá xa trong tương lai", "too far in the future")
		}
	},
}
