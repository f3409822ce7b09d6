package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The subtype of a finger is not one that is reserved.
var bitFinger = Rule{
	About: lint.About{
		ID: "bit.subtype.finger", Severity: lint.Error, Kinds: only(lint.DG(3)),
		Title:    lint.Text("The subtype of a finger is not one that is reserved", "Kiểu con của vân tay không thuộc giá trị để dành"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.3.2.1, Table 49",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		if v, ok := first(b.header, 0x82); ok && len(v.Value) == 1 {
			if c := v.Value[0]; c>>5 != 0 || c>>2&7 > 5 || c&3 == 3 {
				report("A1", "that of number %d is %02X", n, c)
			}
		}
	}),
}
