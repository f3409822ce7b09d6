package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// DG1 has one data object, the machine readable zone.
var dg1Zone = Rule{
	About: lint.About{
		ID: "dg1.mrz", Severity: lint.Error, Kinds: only(lint.DG(1)),
		Title:    lint.Text("DG1 has one data object, the machine readable zone", "DG1 có một đối tượng dữ liệu là vùng đọc máy"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.1, Table 39",
	},
	Check: func(f *File, report lint.Report) {
		if len(f.Parts) != 1 || f.Parts[0].Tag != 0x5f1f {
			report("61", "it is missing, or not alone")
		}
	},
}
