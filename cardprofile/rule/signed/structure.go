package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The object is a ContentInfo with one SignedData.
var structure = Rule{
	About: lint.About{
		ID: "signed.structure", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The object is a ContentInfo with one SignedData", "Đối tượng là ContentInfo chứa một SignedData"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.4 and 4.6.2.2; Doc 9303-12 (8th ed.), 9 and 10",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Signed == nil {
			report("ContentInfo", "it cannot be read as one")
		}
	},
}
