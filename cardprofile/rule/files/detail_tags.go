package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Data elements are those of the standard, each once.
var detailTags = Rule{
	About: lint.About{
		ID: "detail.tags", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("Data elements are those of the standard, each once", "Phần tử dữ liệu thuộc tiêu chuẩn, mỗi loại một lần"),
		Citation: "Doc 9303-10 (8th ed.), Tables 71 and 73",
	},
	Check: func(f *File, report lint.Report) {
		seen := map[tlv.Tag]bool{}
		for _, p := range f.Parts {
			if _, _, ok := f.known(p.Tag); !ok && p.Tag != 0x5c || seen[p.Tag] {
				report(p.Tag.String(), "it is none, or comes again")
			}
			seen[p.Tag] = true
		}
	},
}
