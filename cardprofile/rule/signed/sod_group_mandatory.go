package signed

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// DG1 and DG2 are covered.
var sodMandatory = Rule{
	About: lint.About{
		ID: "sod.group.mandatory", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("DG1 and DG2 are covered", "DG1 và DG2 được bảo vệ"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.2, 4.7.1 and 4.7.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Security == nil {
			return
		}
		for _, n := range []int{1, 2} {
			if !slices.Contains(o.Security.Numbers(), n) {
				report("LDSSecurityObject.dataGroupHashValues", "DG%d is not", n)
			}
		}
	},
}
