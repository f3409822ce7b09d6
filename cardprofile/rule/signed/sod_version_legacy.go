package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The LDSSecurityObject is of version 1, that of LDS 1.8.
var sodLegacy = Rule{
	About: lint.About{
		ID: "sod.version.legacy", Severity: lint.Info, Kinds: only(lint.SOD),
		Title:    lint.Text("The LDSSecurityObject is of version 1, that of LDS 1.8", "LDSSecurityObject phiên bản 1, của LDS 1.8"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && der.Is(s.Version, 0) {
			report("LDSSecurityObject.version", "it is 0, that of LDS 1.7")
		}
	},
}
