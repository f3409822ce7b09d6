package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// unicodeVersion is a PrintableString of six digits.
var sodUnicode = Rule{
	About: lint.About{
		ID: "sod.unicodeversion", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("unicodeVersion is a PrintableString of six digits", "unicodeVersion là PrintableString sáu chữ số"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1.2 and 4.6.2.3",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && s.HasInfo && (s.Unicode.Tag != der.PrintableString || !digits(s.Unicode.Value, 6)) {
			report("LDSSecurityObject.ldsVersionInfo", "it is not")
		}
	},
}
