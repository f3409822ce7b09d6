package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Each data group occurs once.
var sodOnce = Rule{
	About: lint.About{
		ID: "sod.group.once", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("Each data group occurs once", "Mỗi nhóm dữ liệu chỉ xuất hiện một lần"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.2 and 4.6.2.3",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Security == nil {
			return
		}
		seen := map[int]bool{}
		for _, n := range o.Security.Numbers() {
			if seen[n] {
				report("LDSSecurityObject.dataGroupHashValues", "%d occurs again", n)
			}
			seen[n] = true
		}
	},
}
