package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Pictures are JPEG or JPEG 2000.
var detailImage = Rule{
	About: lint.About{
		ID: "detail.image", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("Pictures are JPEG or JPEG 2000", "Hình là JPEG hoặc JPEG 2000"),
		Citation: "Doc 9303-10 (8th ed.), Tables 72 and 74",
	},
	Check: func(f *File, report lint.Report) {
		for _, t := range []tlv.Tag{0x5f16, 0x5f1d, 0x5f1e} {
			if n, ok := first(f.Parts, t); ok && !isImage(n.Value) {
				report(t.String(), "it begins otherwise")
			}
		}
	},
}
