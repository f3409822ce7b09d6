package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The group begins with the number of instances, one byte.
var bitCount = Rule{
	About: lint.About{
		ID: "bit.count", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("The group begins with the number of instances, one byte", "Nhóm bắt đầu bằng số mẫu, một byte"),
		Citation: "Doc 9303-10 (8th ed.), Tables 44, 47 and 54",
	},
	Check: func(f *File, report lint.Report) {
		if _, ok := first(f.Parts, tagGroup); ok && f.stated() < 0 {
			report("7F61", "it does not")
		}
	},
}
