package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The key in DG15 is in DER.
var dg15DER = Rule{
	About: lint.About{
		ID: "dg15.der", Severity: lint.Error, Kinds: only(lint.DG(15)),
		Title:    lint.Text("The key in DG15 is in DER", "Khóa trong DG15 mã hóa theo DER"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.15; X.690, 10",
	},
	Check: func(f *File, report lint.Report) {
		for _, n := range der.Strict(f.Node.Value) {
			report("6F", "%s", n)
		}
	},
}
