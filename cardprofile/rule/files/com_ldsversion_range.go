package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Both parts of the LDS version are 01 to 99.
var comLDSRange = Rule{
	About: lint.About{
		ID: "com.ldsversion.range", Severity: lint.Error, Kinds: only(lint.COM),
		Title:    lint.Text("Both parts of the LDS version are 01 to 99", "Hai phần của phiên bản LDS từ 01 đến 99"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1.1",
	},
	Check: func(f *File, report lint.Report) {
		if v, _ := first(f.Parts, 0x5f01); digits(v.Value, 4) && (string(v.Value[:2]) == "00" || string(v.Value[2:]) == "00") {
			report("5F01", "one is 00")
		}
	},
}
