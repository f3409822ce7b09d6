package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are no unsigned attributes.
var sodUnsigned = Rule{
	About: lint.About{
		ID: "sod.unsigned", Severity: lint.Warning, Kinds: only(lint.SOD),
		Title:    lint.Text("There are no unsigned attributes", "Không có thuộc tính không được ký"),
		Citation: "Doc 9303-10 (8th ed.), Table 37",
	},
	Check: func(o *Object, report lint.Report) {
		if o.unsigned {
			report("signerInfo.unsignedAttrs", "there are")
		}
	},
}
