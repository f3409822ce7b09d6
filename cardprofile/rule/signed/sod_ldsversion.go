package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// ldsVersion is a PrintableString of four digits.
var sodLDS = Rule{
	About: lint.About{
		ID: "sod.ldsversion", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("ldsVersion is a PrintableString of four digits", "ldsVersion là PrintableString bốn chữ số"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1.1 and 4.6.2.3",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && s.HasInfo && (s.LDS.Tag != der.PrintableString || !digits(s.LDS.Value, 4)) {
			report("LDSSecurityObject.ldsVersionInfo", "it is not")
		}
	},
}
