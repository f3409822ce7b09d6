package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Nothing follows the object.
var trailing = Rule{
	About: lint.About{
		ID: "signed.trailing", Severity: lint.Warning, Kinds: files,
		Title:    lint.Text("Nothing follows the object", "Không có gì sau đối tượng"),
		Citation: "Doc 9303-10 (8th ed.), 3.6.6",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Trailing > 0 {
			report("end", "%d bytes do", o.Trailing)
		}
	},
}
