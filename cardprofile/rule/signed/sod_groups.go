package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are 2 to 16 data group hashes.
var sodGroups = Rule{
	About: lint.About{
		ID: "sod.groups", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("There are 2 to 16 data group hashes", "Có từ 2 đến 16 giá trị băm nhóm dữ liệu"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && (len(s.Groups) < 2 || len(s.Groups) > 16) {
			report("LDSSecurityObject.dataGroupHashValues", "there are %d", len(s.Groups))
		}
	},
}
