package files

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Names have no fillers at their end.
var detailFiller = Rule{
	About: lint.About{
		ID: "dg11.name.filler", Severity: lint.Error, Kinds: only(lint.DG(11)),
		Title:    lint.Text("Names have no fillers at their end", "Họ tên không có ký tự đệm ở cuối"),
		Citation: "Doc 9303-10 (8th ed.), Table 72",
	},
	Check: func(f *File, report lint.Report) {
		walk(f.Parts, 2, func(n tlv.Node) {
			if (n.Tag == 0x5f0e || n.Tag == 0x5f0f) && bytes.HasSuffix(n.Value, []byte("<")) {
				report(n.Tag.String(), "it has")
			}
		})
	},
}
