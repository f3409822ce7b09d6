package files

import (
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Text is UTF-8.
var detailText = Rule{
	About: lint.About{
		ID: "detail.text", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("Text is UTF-8", "Văn bản là UTF-8"),
		Citation: "Doc 9303-10 (8th ed.), 3.9.1 and Tables 72 and 74",
	},
	Check: func(f *File, report lint.Report) {
		walk(f.Parts, 2, func(n tlv.Node) {
			_, e, _ := f.known(n.Tag)
			if (e.text || n.Tag == otherName[f.Kind]) && !utf8.Valid(n.Value) {
				report(n.Tag.String(), "it is not")
			}
		})
	},
}
