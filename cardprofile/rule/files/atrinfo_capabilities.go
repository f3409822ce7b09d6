package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The card capabilities, 47, are three bytes.
var atrCapabilities = Rule{
	About: lint.About{
		ID: "atrinfo.capabilities", Severity: lint.Error, Kinds: only(lint.ATRInfo),
		Title:    lint.Text("The card capabilities, 47, are three bytes", "Khả năng của thẻ, 47, gồm ba byte"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.1, Table 29",
	},
	Check: func(f *File, report lint.Report) {
		if n, ok := first(f.Parts, 0x47); ok && len(n.Value) != 3 {
			report("47", "they are %d", len(n.Value))
		}
	},
}
