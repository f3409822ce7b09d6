package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The header of a finger or iris has the biometric subtype.
var bitSubtype = Rule{
	About: lint.About{
		ID: "bit.subtype", Severity: lint.Error, Kinds: lint.DGs(3, 4),
		Title:    lint.Text("The header of a finger or iris has the biometric subtype", "Phần đầu của vân tay hoặc mống mắt có kiểu con"),
		Citation: "Doc 9303-10 (8th ed.), Tables 47 and 54",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		if _, ok := first(b.header, 0x82); !ok {
			report("A1", "that of number %d has not", n)
		}
	}),
}
