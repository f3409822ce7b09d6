package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A0 holds a number in one byte, and so many names.
var detailOthers = Rule{
	About: lint.About{
		ID: "detail.others", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("A0 holds a number in one byte, and so many names", "A0 chứa số lượng bằng một byte và bấy nhiêu tên"),
		Citation: "Doc 9303-10 (8th ed.), Tables 71 and 73",
	},
	Check: func(f *File, report lint.Report) {
		a, ok := first(f.Parts, 0xa0)
		if !ok {
			return
		}
		parts, err := a.Children()
		if err != nil || len(parts) == 0 || parts[0].Tag != tagCount || len(parts[0].Value) != 1 ||
			int(parts[0].Value[0]) != count(parts, otherName[f.Kind]) || len(parts) != 1+count(parts, otherName[f.Kind]) {
			report("A0", "it does not")
		}
	},
}
