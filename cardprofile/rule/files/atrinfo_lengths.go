package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The extended length information, 7F66, is two positive INTEGERs.
var atrLengths = Rule{
	About: lint.About{
		ID: "atrinfo.lengths", Severity: lint.Error, Kinds: only(lint.ATRInfo),
		Title:    lint.Text("The extended length information, 7F66, is two positive INTEGERs", "Thông tin độ dài mở rộng, 7F66, gồm hai số nguyên dương"),
		Citation: "Doc 9303-10 (8th ed.), 3.6.4.1 and 3.11.1, Table 29",
	},
	Check: func(f *File, report lint.Report) {
		n, ok := first(f.Parts, 0x7f66)
		if !ok {
			return
		}
		parts, err := n.Children()
		if err != nil || len(parts) < 2 {
			report("7F66", "it is not")
			return
		}
		for _, p := range parts[:2] {
			if p.Tag != der.Integer || len(p.Value) == 0 || der.Negative(p.Value) || der.Zero(p.Value) {
				report("7F66", "it is not")
			}
		}
	},
}
