package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A signing time is written as RFC 5652 wants.
var signingTimeForm = Rule{
	About: lint.About{
		ID: "signed.attrs.signingtime", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A signing time is written as RFC 5652 wants", "Thời điểm ký được ghi theo RFC 5652"),
		Citation: "Doc 9303-12 (8th ed.), 9.1 and 10.1; RFC 5652, 11.3",
	},
	Check: func(o *Object, report lint.Report) {
		o.deviated("cms.signingtime", func(text string) { report("signerInfo.signedAttrs", "it is not") })
	},
}
