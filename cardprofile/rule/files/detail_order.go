package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Data elements stand in the order of the standard.
var detailOrder = Rule{
	About: lint.About{
		ID: "detail.order", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("Data elements stand in the order of the standard", "Phần tử dữ liệu theo thứ tự của tiêu chuẩn"),
		Citation: "Doc 9303-10 (8th ed.), 4.7 and Tables 71 and 73",
	},
	Check: func(f *File, report lint.Report) {
		last := -1
		for _, p := range f.Parts {
			if at, _, ok := f.known(p.Tag); ok {
				if at < last {
					report(p.Tag.String(), "it stands too late")
					return
				}
				last = at
			}
		}
	},
}
