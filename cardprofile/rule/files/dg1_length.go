package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The zone has 90, 72 or 88 characters.
var dg1Length = Rule{
	About: lint.About{
		ID: "dg1.length", Severity: lint.Error, Kinds: only(lint.DG(1)),
		Title:    lint.Text("The zone has 90, 72 or 88 characters", "Vùng đọc máy có 90, 72 hoặc 88 ký tự"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.1.1 to 4.7.1.3",
	},
	Check: func(f *File, report lint.Report) {
		if n, ok := first(f.Parts, 0x5f1f); ok && zones[len(n.Value)] == nil {
			report("5F1F", "it has %d", len(n.Value))
		}
	},
}
