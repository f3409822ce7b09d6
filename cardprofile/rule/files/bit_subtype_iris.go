package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The subtype of an iris is not one that is reserved.
var bitIris = Rule{
	About: lint.About{
		ID: "bit.subtype.iris", Severity: lint.Error, Kinds: only(lint.DG(4)),
		Title:    lint.Text("The subtype of an iris is not one that is reserved", "Kiểu con của mống mắt không thuộc giá trị để dành"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.4.2.1, Table 56",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		if v, ok := first(b.header, 0x82); ok && len(v.Value) == 1 && v.Value[0] > 2 {
			report("A1", "that of number %d is %02X", n, v.Value[0])
		}
	}),
}
