package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.COM has the Unicode version, six digits.
var comUnicode = Rule{
	About: lint.About{
		ID: "com.unicodeversion", Severity: lint.Error, Kinds: only(lint.COM),
		Title:    lint.Text("EF.COM has the Unicode version, six digits", "EF.COM có phiên bản Unicode gồm sáu chữ số"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, Table 35",
	},
	Check: func(f *File, report lint.Report) {
		if v, _ := first(f.Parts, 0x5f36); !digits(v.Value, 6) {
			report("5F36", "it is missing, or another")
		}
	},
}
