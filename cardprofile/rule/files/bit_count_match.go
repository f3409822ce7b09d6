package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are as many templates as the group states.
var bitCountMatch = Rule{
	About: lint.About{
		ID: "bit.count.match", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("There are as many templates as the group states", "Số mẫu đúng với số đã nêu"),
		Citation: "Doc 9303-10 (8th ed.), Tables 44, 45, 47, 48, 54 and 55",
	},
	Check: func(f *File, report lint.Report) {
		if n := f.stated(); n >= 0 && n != len(f.bits()) {
			report("7F61", "it states %d, and there are %d", n, len(f.bits()))
		}
	},
}
