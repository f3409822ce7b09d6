package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are no unsigned attributes.
var deviationUnsigned = Rule{
	About: lint.About{
		ID: "deviationlist.unsigned", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("There are no unsigned attributes", "Không có thuộc tính không được ký"),
		Citation: "Doc 9303-12 (8th ed.), Table 19",
	},
	Check: func(o *Object, report lint.Report) {
		if o.unsigned {
			report("signerInfo.unsignedAttrs", "there are")
		}
	},
}
