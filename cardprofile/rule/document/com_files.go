package document

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.COM lists every data group that is there.
var comFiles = Rule{
	About: lint.About{
		ID: "document.com.files", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("EF.COM lists every data group that is there", "EF.COM liệt kê mọi nhóm dữ liệu hiện có"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, Table 35",
	},
	Check: func(t *Together, report lint.Report) {
		listed, ok := t.listed()
		for n := 1; n <= 16; n++ {
			if _, there := t.group(n); ok && there && !slices.Contains(listed, n) {
				report("EF.COM", "DG%d is there, and not listed", n)
			}
		}
	},
}
