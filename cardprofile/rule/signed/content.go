package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The content is there.
var content = Rule{
	About: lint.About{
		ID: "signed.content", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The content is there", "Có nội dung"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.4 and Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Signed.Content == nil {
			report("eContent", "it is missing")
		}
	},
}
