package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.DIR lists the LDS1 application.
var dirLDS1 = Rule{
	About: lint.About{
		ID: "dir.lds1", Severity: lint.Error, Kinds: only(lint.DIR),
		Title:    lint.Text("EF.DIR lists the LDS1 application", "EF.DIR liệt kê ứng dụng LDS1"),
		Citation: "Doc 9303-10 (8th ed.), 3.10, 3.11.2 and Table 31",
	},
	Check: func(f *File, report lint.Report) {
		for _, p := range f.Parts {
			if aid, _ := p.First(0x4f); string(aid.Value) == "\xa0\x00\x00\x02\x47\x10\x01" {
				return
			}
		}
		report("61", "it does not")
	},
}
