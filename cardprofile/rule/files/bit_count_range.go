package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Faces are 1 to 9, eyes 9 at most.
var bitCountRange = Rule{
	About: lint.About{
		ID: "bit.count.range", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("Faces are 1 to 9, eyes 9 at most", "Khuôn mặt từ 1 đến 9, mống mắt nhiều nhất 9"),
		Citation: "Doc 9303-10 (8th ed.), Tables 45 and 55",
	},
	Check: func(f *File, report lint.Report) {
		n := f.stated()
		if f.Kind == lint.DG(2) && n == 0 || f.Kind != lint.DG(3) && n > 9 {
			report("7F61", "it states %d", n)
		}
	},
}
