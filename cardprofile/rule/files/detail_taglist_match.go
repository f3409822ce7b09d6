package files

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list names the data elements that are there.
var detailMatch = Rule{
	About: lint.About{
		ID: "detail.taglist.match", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("The list names the data elements that are there", "Danh sách nêu đúng các phần tử có trong tệp"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.11 and 4.7.12, Tables 71 and 73",
	},
	Check: func(f *File, report lint.Report) {
		listed, ok := f.listed()
		if !ok {
			return
		}
		other := otherName[f.Kind]
		for _, p := range f.Parts {
			if p.Tag != 0x5c && !slices.Contains(listed, p.Tag) && (p.Tag != 0xa0 || !slices.Contains(listed, other)) {
				report("5C", "%s is there and not listed", p.Tag)
			}
		}
		for _, t := range listed {
			_, there := first(f.Parts, t)
			if _, wrapped := first(f.Parts, 0xa0); !there && (t != other || !wrapped) {
				report("5C", "%s is listed and not there", t)
			}
		}
	},
}
