package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Nothing follows the content.
var trailing = Rule{
	About: lint.About{
		ID: "file.trailing", Severity: lint.Warning, Kinds: every,
		Title:    lint.Text("Nothing follows the content", "Không có gì sau nội dung"),
		Citation: "Doc 9303-10 (8th ed.), 3.6.6",
	},
	Check: func(f *File, report lint.Report) {
		if f.Trailing > 0 {
			report("file", "%d bytes do", f.Trailing)
		}
	},
}
