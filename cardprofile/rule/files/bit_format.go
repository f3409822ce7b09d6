package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A header has the format type, two bytes.
var bitFormat = Rule{
	About: lint.About{
		ID: "bit.format", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("A header has the format type, two bytes", "Phần đầu có loại định dạng, hai byte"),
		Citation: "Doc 9303-10 (8th ed.), Tables 44, 47 and 54",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		if v, _ := first(b.header, 0x88); len(b.header) > 0 && len(v.Value) != 2 {
			report("A1", "that of number %d has not", n)
		}
	}),
}
