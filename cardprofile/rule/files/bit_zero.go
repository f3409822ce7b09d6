package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A group without an instance comes with content of the issuer, 53.
var bitZero = Rule{
	About: lint.About{
		ID: "bit.zero", Severity: lint.Warning, Kinds: lint.DGs(3, 4),
		Title:    lint.Text("A group without an instance comes with content of the issuer, 53", "Nhóm không có mẫu kèm nội dung của bên cấp, 53"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.3.2.2 and 4.7.4.2.2",
	},
	Check: func(f *File, report lint.Report) {
		if f.stated() != 0 {
			return
		}
		_, beside := first(f.Parts, tagIssuer)
		if _, inside := first(f.group(), tagIssuer); !beside && !inside {
			report("7F61", "the hash of the file is the same on every card")
		}
	},
}
