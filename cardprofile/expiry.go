package cardprofile

import "errors"

// ErrNoExpiryRule says that the profile leaves the date of expiry to the record,
// and the record has none.
var ErrNoExpiryRule = errors.New("cardprofile: the date of expiry must stand in the record")

// For works out the date of expiry of a card issued on the given day. never is
// true for a card that does not expire.
//
// vn-age-marks (Law 26/2023/QH15, article 21): valid to the birthday at the next
// mark; when issued within Window years before a mark, to the one after it; none
// beyond the last mark, or when issued at NoneFrom years of age or later.
func (e Expiry) For(birth, issued Date) (expiry Date, never bool, err error) {
	if !birth.Valid() || !issued.Valid() || issued.Before(birth) {
		return Date{}, false, ErrDate
	}
	switch e.Rule {
	case "years":
		return issued.AddYears(e.Years), false, nil
	case "vn-age-marks":
	default:
		return Date{}, false, ErrNoExpiryRule
	}
	if e.NoneFrom > 0 && birth.Age(issued) >= e.NoneFrom {
		return Date{}, true, nil
	}
	for i, mark := range e.Marks {
		at := birth.AddYears(mark)
		if !at.After(issued) {
			continue
		}
		if !birth.AddYears(mark - e.Window).After(issued) { // within the window before this mark
			if i+1 == len(e.Marks) {
				return Date{}, true, nil
			}
			continue
		}
		return at, false, nil
	}
	return Date{}, true, nil
}
