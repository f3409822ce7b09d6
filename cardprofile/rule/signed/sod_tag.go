package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.SOD is one template with tag 77.
var sodTag = Rule{
	About: lint.About{
		ID: "sod.tag", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("EF.SOD is one template with tag 77", "EF.SOD là một đối tượng dữ liệu có thẻ 77"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2, Table 36",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Tag != 0x77 {
			report("EF.SOD", "it is not")
		}
	},
}
