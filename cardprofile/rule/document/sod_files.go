package document

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.SOD covers every data group that is there.
var sodFiles = Rule{
	About: lint.About{
		ID: "document.sod.files", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("EF.SOD covers every data group that is there", "EF.SOD bảo vệ mọi nhóm dữ liệu hiện có"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.2",
	},
	Check: func(t *Together, report lint.Report) {
		for n := 1; n <= 16; n++ {
			if _, there := t.group(n); there && t.sod != nil && !slices.Contains(t.sod.Security.Numbers(), n) {
				report("EF.SOD", "DG%d is there, and not covered", n)
			}
		}
	},
}
