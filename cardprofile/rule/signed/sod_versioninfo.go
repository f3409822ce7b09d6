package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// ldsVersionInfo is present with version 1, and with no other.
var sodVersionInfo = Rule{
	About: lint.About{
		ID: "sod.versioninfo", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("ldsVersionInfo is present with version 1, and with no other", "Có ldsVersionInfo khi và chỉ khi phiên bản là 1"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && s.HasInfo != s.V1() {
			report("LDSSecurityObject.ldsVersionInfo", "the version is coded %x", s.Version)
		}
	},
}
