package rule

import (
	"errors"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// expiry: the date of expiry is what the profile's rule makes of birth and issue.
var expiry = Record{
	ID:       "record.expiry",
	Title:    cardprofile.Text{VI: "Ngày hết hạn", EN: "Date of expiry"},
	Citation: "Law 26/2023/QH15, art. 21 and Law 59/2014/QH13, art. 21: to the birthday at 14, 25, 40 or 60",
	check: func(s *subject) {
		r, stated := s.rec, s.stated
		want, never, err := s.Profile.Expiry.For(r.DateOfBirth, r.DateOfIssue)
		switch {
		case errors.Is(err, cardprofile.ErrNoExpiryRule):
			if stated.NoExpiry && s.Profile.Document.NoExpiry == "" || !stated.NoExpiry && stated.DateOfExpiry.IsZero() {
				s.reject("date_of_expiry", "còn thiếu", "missing")
				return
			}
		case err != nil: // record.dates says so
			return
		case stated.NoExpiry && !never, !stated.DateOfExpiry.IsZero() && (never || stated.DateOfExpiry != want):
			s.reject("date_of_expiry", "không đúng với quy định theo ngày sinh và ngày cấp; để trống để chương trình tự tính",
				"not what the rule makes of the dates of birth and issue; leave it empty to have it worked out")
			return
		}
		switch {
		case r.NoExpiry:
		case r.DateOfExpiry.Before(r.DateOfIssue) || r.DateOfExpiry == r.DateOfIssue:
			s.reject("date_of_expiry", "không ở sau ngày cấp", "not after the date of issue")
		case r.DateOfExpiry.Before(s.Today):
			s.reject("date_of_expiry", "thẻ đã hết hạn", "the card would be expired already")
		}
	},
}
