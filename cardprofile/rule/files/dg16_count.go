package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// DG16 begins with the number of persons, one byte, and holds so many templates.
var dg16Count = Rule{
	About: lint.About{
		ID: "dg16.count", Severity: lint.Error, Kinds: only(lint.DG(16)),
		Title:    lint.Text("DG16 begins with the number of persons, one byte, and holds so many templates", "DG16 bắt đầu bằng số người, một byte, và chứa bấy nhiêu mẫu"),
		Citation: "Doc 9303-10 (8th ed.), Tables 80 and 81",
	},
	Check: func(f *File, report lint.Report) {
		if len(f.Parts) == 0 || f.Parts[0].Tag != tagCount || len(f.Parts[0].Value) != 1 || int(f.Parts[0].Value[0]) != len(f.Parts)-1 {
			report("70", "it does not")
		}
	},
}
