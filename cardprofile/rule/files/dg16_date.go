package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A person's template has the date of recording, YYYYMMDD.
var dg16Date = Rule{
	About: lint.About{
		ID: "dg16.date", Severity: lint.Error, Kinds: only(lint.DG(16)),
		Title:    lint.Text("A person's template has the date of recording, YYYYMMDD", "Mẫu của mỗi người có ngày ghi, dạng YYYYMMDD"),
		Citation: "Doc 9303-10 (8th ed.), Tables 80 and 81",
	},
	Check: eachPerson(func(where string, parts []tlv.Node, report lint.Report) {
		if n, _ := first(parts, 0x5f50); !date(n.Value) {
			report(where, "it has not")
		}
	}),
}
