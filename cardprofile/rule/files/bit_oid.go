package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A template has no object identifier and no tag allocation authority.
var bitOID = Rule{
	About: lint.About{
		ID: "bit.oid", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("A template has no object identifier and no tag allocation authority", "Mẫu không có định danh đối tượng và cơ quan cấp thẻ"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.2.1, 4.7.3.1 and 4.7.4.1",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		for _, p := range b.parts {
			if p.Tag != tagHeader && p.Tag != tagOld && p.Tag != tagNew {
				report("7F60", "number %d has %s", n, p.Tag)
			}
		}
	}),
}
