package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The group holds nothing but the number and the templates.
var bitElements = Rule{
	About: lint.About{
		ID: "bit.elements", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("The group holds nothing but the number and the templates", "Nhóm chỉ chứa số mẫu và các mẫu"),
		Citation: "Doc 9303-10 (8th ed.), Tables 44, 47, 50, 54 and 57",
	},
	Check: func(f *File, report lint.Report) {
		for i, p := range f.group() {
			if p.Tag != tagBIT && (p.Tag != tagCount || i > 0) && (p.Tag != tagIssuer || f.stated() != 0) {
				report("7F61", "it holds %s", p.Tag)
			}
		}
	},
}
