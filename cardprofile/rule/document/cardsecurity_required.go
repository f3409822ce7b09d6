package document

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A chip with chip authentication mapping has EF.CardSecurity.
var securityRequired = Rule{
	About: lint.About{
		ID: "document.cardsecurity.required", Severity: lint.Warning, Kinds: kinds,
		Title:    lint.Text("A chip with chip authentication mapping has EF.CardSecurity", "Chip có ánh xạ xác thực chip thì có EF.CardSecurity"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.4",
	},
	Check: func(t *Together, report lint.Report) {
		if _, ok := t.Files[lint.CardSecurity]; ok || t.cardAccess == nil {
			return
		}
		for _, p := range t.cardAccess.PACEInfos {
			if n := len(p.Protocol); p.Protocol[n-2] == 6 {
				report("EF.CardSecurity", "EF.CardAccess offers %s, and the file is not among these", p.Protocol)
				return
			}
		}
	},
}
