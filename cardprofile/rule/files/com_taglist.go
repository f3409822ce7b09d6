package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.COM has the list of data groups.
var comList = Rule{
	About: lint.About{
		ID: "com.taglist", Severity: lint.Error, Kinds: only(lint.COM),
		Title:    lint.Text("EF.COM has the list of data groups", "EF.COM có danh sách nhóm dữ liệu"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, Table 35",
	},
	Check: func(f *File, report lint.Report) {
		if v, _ := first(f.Parts, 0x5c); len(v.Value) == 0 {
			report("5C", "it is missing or empty")
		}
	},
}
