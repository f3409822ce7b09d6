package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A person's template has the name.
var dg16Name = Rule{
	About: lint.About{
		ID: "dg16.name", Severity: lint.Error, Kinds: only(lint.DG(16)),
		Title:    lint.Text("A person's template has the name", "Mẫu của mỗi người có họ tên"),
		Citation: "Doc 9303-10 (8th ed.), Tables 80 and 81",
	},
	Check: eachPerson(func(where string, parts []tlv.Node, report lint.Report) {
		if n, _ := first(parts, 0x5f51); len(n.Value) == 0 {
			report(where, "it has not")
		}
	}),
}
