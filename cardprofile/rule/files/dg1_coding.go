package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Each data element of the zone holds the characters of its type.
var dg1Coding = Rule{
	About: lint.About{
		ID: "dg1.coding", Severity: lint.Error, Kinds: only(lint.DG(1)),
		Title:    lint.Text("Each data element of the zone holds the characters of its type", "Mỗi trường của vùng đọc máy chỉ chứa ký tự thuộc loại của nó"),
		Citation: "Doc 9303-10 (8th ed.), Tables 40, 41 and 42",
	},
	Check: func(f *File, report lint.Report) {
		text := f.zone()
		at := 0
		for _, s := range zones[len(text)] {
			for _, c := range []byte(text[at : at+s.length]) {
				if !allows(s.coding, c) {
					report("5F1F", "the %s at character %d holds another", s.name, at+1)
					break
				}
			}
			at += s.length
		}
	},
}
