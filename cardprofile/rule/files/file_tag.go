package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The template's tag is that of the file.
var tag = Rule{
	About: lint.About{
		ID: "file.tag", Severity: lint.Error, Kinds: templates,
		Title:    lint.Text("The template's tag is that of the file", "Thẻ ngoài cùng đúng với tệp"),
		Citation: "Doc 9303-10 (8th ed.), Tables 35, 36 and 38",
	},
	Check: func(f *File, report lint.Report) {
		if f.problem == "" && f.Node.Tag != f.want {
			report("file", "it is %s, not %s", f.Node.Tag, f.want)
		}
	},
}
