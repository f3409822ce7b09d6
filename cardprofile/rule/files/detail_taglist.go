package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The file begins with the list of its data elements.
var detailList = Rule{
	About: lint.About{
		ID: "detail.taglist", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("The file begins with the list of its data elements", "Tệp bắt đầu bằng danh sách phần tử dữ liệu"),
		Citation: "Doc 9303-10 (8th ed.), Tables 71 and 73",
	},
	Check: func(f *File, report lint.Report) {
		if _, ok := f.listed(); !ok || f.Parts[0].Tag != 0x5c {
			report("5C", "it is missing, not the first, or no list of tags")
		}
	},
}
