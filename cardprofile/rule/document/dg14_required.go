package document

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A chip with PACE in generic or integrated mapping has DG14.
var dg14Required = Rule{
	About: lint.About{
		ID: "document.dg14.required", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A chip with PACE in generic or integrated mapping has DG14", "Chip có PACE ánh xạ chung hoặc tích hợp thì có DG14"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.14; Doc 9303-11 (8th ed.), 9.2.11",
	},
	Check: func(t *Together, report lint.Report) {
		if t.cardAccess == nil || t.sod == nil || slices.Contains(t.sod.Security.Numbers(), 14) {
			return
		}
		for _, p := range t.cardAccess.PACEInfos {
			if n := len(p.Protocol); p.Protocol[n-2] <= 4 {
				report("EF.SOD", "EF.CardAccess offers %s, and DG14 is not covered", p.Protocol)
				return
			}
		}
	},
}
