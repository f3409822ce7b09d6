package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A person's template has the telephone number.
var dg16Telephone = Rule{
	About: lint.About{
		ID: "dg16.telephone", Severity: lint.Error, Kinds: only(lint.DG(16)),
		Title:    lint.Text("A person's template has the telephone number", "Mẫu của mỗi người có số điện thoại"),
		Citation: "Doc 9303-10 (8th ed.), Tables 80 and 81",
	},
	Check: eachPerson(func(where string, parts []tlv.Node, report lint.Report) {
		if _, ok := first(parts, 0x5f52); !ok {
			report(where, "it has not")
		}
	}),
}
