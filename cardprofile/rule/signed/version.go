package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The version of SignedData is 3.
var version = Rule{
	About: lint.About{
		ID: "signed.version", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The version of SignedData is 3", "Phiên bản của SignedData là 3"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19; RFC 5652, 5.1",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Signed.Version != 3 {
			report("version", "it is %d", o.Signed.Version)
		}
	},
}
