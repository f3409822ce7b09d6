package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The DeviationList is in DER.
var deviationDER = Rule{
	About: lint.About{
		ID: "deviationlist.content.der", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("The DeviationList is in DER", "DeviationList mã hóa theo DER"),
		Citation: "Doc 9303-12 (8th ed.), 10",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Deviations != nil {
			for _, n := range der.Strict(o.Signed.Content) {
				report("DeviationList", "%s", n)
			}
		}
	},
}
