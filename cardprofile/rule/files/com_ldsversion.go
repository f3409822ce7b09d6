package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.COM has the LDS version, four digits.
var comLDS = Rule{
	About: lint.About{
		ID: "com.ldsversion", Severity: lint.Error, Kinds: only(lint.COM),
		Title:    lint.Text("EF.COM has the LDS version, four digits", "EF.COM có phiên bản LDS gồm bốn chữ số"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, Table 35",
	},
	Check: func(f *File, report lint.Report) {
		if v, _ := first(f.Parts, 0x5f01); !digits(v.Value, 4) {
			report("5F01", "it is missing, or another")
		}
	},
}
