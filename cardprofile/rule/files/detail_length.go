package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A data element is not longer than it may be: 99 octets, custody information 999.
var detailLength = Rule{
	About: lint.About{
		ID: "detail.length", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("A data element is not longer than it may be: 99 octets, custody information 999", "Phần tử dữ liệu không quá độ dài cho phép: 99 byte, thông tin giám hộ 999"),
		Citation: "Doc 9303-10 (8th ed.), Tables 72 and 74",
	},
	Check: func(f *File, report lint.Report) {
		walk(f.Parts, 2, func(n tlv.Node) {
			_, e, ok := f.known(n.Tag)
			if n.Tag == otherName[f.Kind] {
				e, ok = element{most: 99}, true
			}
			if ok && e.most > 14 && len(n.Value) > e.most {
				report(n.Tag.String(), "it has %d octets", len(n.Value))
			}
		})
	},
}
