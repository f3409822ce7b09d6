package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are no CRLs.
var crlsRecommended = Rule{
	About: lint.About{
		ID: "signed.crls", Severity: lint.Warning, Kinds: only(lint.SOD),
		Title:    lint.Text("There are no CRLs", "Không có CRL"),
		Citation: "Doc 9303-10 (8th ed.), Table 37",
	},
	Check: func(o *Object, report lint.Report) {
		if len(o.Signed.CRLs) > 0 {
			report("crls", "there are")
		}
	},
}
