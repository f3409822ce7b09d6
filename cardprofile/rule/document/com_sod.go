package document

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.COM lists the data groups that EF.SOD covers.
var comSOD = Rule{
	About: lint.About{
		ID: "document.com.sod", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("EF.COM lists the data groups that EF.SOD covers", "EF.COM liệt kê đúng các nhóm dữ liệu mà EF.SOD bảo vệ"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.2 and 4.6.1",
	},
	Check: func(t *Together, report lint.Report) {
		listed, ok := t.listed()
		if !ok || t.sod == nil {
			return
		}
		for n := 1; n <= 16; n++ {
			in, covered := slices.Contains(listed, n), slices.Contains(t.sod.Security.Numbers(), n)
			if in && !covered {
				report("EF.COM", "DG%d is listed, and not covered", n)
			} else if covered && !in {
				report("EF.COM", "DG%d is covered, and not listed", n)
			}
		}
	},
}
