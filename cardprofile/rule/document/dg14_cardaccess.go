package document

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// DG14 holds every SecurityInfo of EF.CardAccess.
var accessDG14 = Rule{
	About: lint.About{
		ID: "document.dg14.cardaccess", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("DG14 holds every SecurityInfo of EF.CardAccess", "DG14 chứa mọi SecurityInfo của EF.CardAccess"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.11",
	},
	Check: func(t *Together, report lint.Report) {
		if t.cardAccess != nil && t.dg14 != nil {
			if n := missing(t.cardAccess, t.dg14); n > 0 {
				report("EF.DG14", "%d are missing", n)
			}
		}
	},
}
