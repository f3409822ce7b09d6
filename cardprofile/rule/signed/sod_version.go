package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The version of the LDSSecurityObject is 0 or 1.
var sodVersion = Rule{
	About: lint.About{
		ID: "sod.version", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("The version of the LDSSecurityObject is 0 or 1", "Phiên bản của LDSSecurityObject là 0 hoặc 1"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3 and App. D",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && !der.Is(s.Version, 0) && !s.V1() {
			report("LDSSecurityObject.version", "it is coded %x", s.Version)
		}
	},
}
