package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are no CRLs.
var crlsForbidden = Rule{
	About: lint.About{
		ID: "list.crls", Severity: lint.Error, Kinds: lists,
		Title:    lint.Text("There are no CRLs", "Không có CRL"),
		Citation: "Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		if len(o.Signed.CRLs) > 0 {
			report("crls", "there are")
		}
	},
}
