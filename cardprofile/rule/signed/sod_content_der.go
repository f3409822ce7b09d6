package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The LDSSecurityObject is in DER.
var sodContentDER = Rule{
	About: lint.About{
		ID: "sod.content.der", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("The LDSSecurityObject is in DER", "LDSSecurityObject mã hóa theo DER"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Security != nil {
			for _, n := range der.Strict(o.Signed.Content) {
				report("LDSSecurityObject", "%s", n)
			}
		}
	},
}
