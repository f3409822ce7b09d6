package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A data group number is 1 to 16.
var sodNumber = Rule{
	About: lint.About{
		ID: "sod.group.number", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("A data group number is 1 to 16", "Số hiệu nhóm dữ liệu từ 1 đến 16"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Security == nil {
			return
		}
		for _, n := range o.Security.Numbers() {
			if n < 1 || n > 16 {
				report("LDSSecurityObject.dataGroupHashValues", "one is %d", n)
			}
		}
	},
}
