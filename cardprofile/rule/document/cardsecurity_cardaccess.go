package document

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.CardSecurity holds every SecurityInfo of EF.CardAccess.
var accessSecurity = Rule{
	About: lint.About{
		ID: "document.cardsecurity.cardaccess", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("EF.CardSecurity holds every SecurityInfo of EF.CardAccess", "EF.CardSecurity chứa mọi SecurityInfo của EF.CardAccess"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.4; Doc 9303-11 (8th ed.), 9.2.11",
	},
	Check: func(t *Together, report lint.Report) {
		if t.cardAccess != nil && t.cardSecurity != nil {
			if n := missing(t.cardAccess, t.cardSecurity); n > 0 {
				report("EF.CardSecurity", "%d are missing", n)
			}
		}
	},
}
