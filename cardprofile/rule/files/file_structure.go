package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The file is made of data objects.
var structure = Rule{
	About: lint.About{
		ID: "file.structure", Severity: lint.Error, Kinds: every,
		Title:    lint.Text("The file is made of data objects", "Tệp gồm các đối tượng dữ liệu"),
		Citation: "Doc 9303-10 (8th ed.), 4.2, 4.6 and 4.7",
	},
	Check: func(f *File, report lint.Report) {
		if f.problem != "" {
			report("file", "%s", f.problem)
		}
	},
}
