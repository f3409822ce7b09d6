package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Lengths are written in as few bytes as possible.
var length = Rule{
	About: lint.About{
		ID: "file.length", Severity: lint.Warning, Kinds: templates,
		Title:    lint.Text("Lengths are written in as few bytes as possible", "Độ dài được ghi bằng ít byte nhất"),
		Citation: "Doc 9303-10 (8th ed.), 3.6.6",
	},
	Check: func(f *File, report lint.Report) {
		bad := !f.Node.Minimal()
		walk(f.Parts, 6, func(n tlv.Node) { bad = bad || !n.Minimal() })
		if bad {
			report("file", "one is not")
		}
	},
}
