package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The content is an LDSSecurityObject.
var sodContent = Rule{
	About: lint.About{
		ID: "sod.content", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("The content is an LDSSecurityObject", "Nội dung là LDSSecurityObject"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3 and App. D",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Signed.Content != nil && o.Security == nil {
			report("eContent", "it cannot be read as one")
		}
	},
}
