package files

import (
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A person's template has the address, in UTF-8.
var dg16Address = Rule{
	About: lint.About{
		ID: "dg16.address", Severity: lint.Error, Kinds: only(lint.DG(16)),
		Title:    lint.Text("A person's template has the address, in UTF-8", "Mẫu của mỗi người có địa chỉ, dạng UTF-8"),
		Citation: "Doc 9303-10 (8th ed.), Tables 80 and 81",
	},
	Check: eachPerson(func(where string, parts []tlv.Node, report lint.Report) {
		if n, ok := first(parts, 0x5f53); !ok || !utf8.Valid(n.Value) {
			report(where, "it has not")
		}
	}),
}

// eachPerson calls f with the elements of every person's template.
func eachPerson(f func(where string, parts []tlv.Node, report lint.Report)) func(*File, lint.Report) {
	return func(file *File, report lint.Report) {
		for _, p := range file.Parts {
			if p.Tag != tagCount {
				parts, _ := p.Children()
				f(p.Tag.String(), parts, report)
			}
		}
	}
}
