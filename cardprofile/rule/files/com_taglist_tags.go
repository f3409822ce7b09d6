package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list names data groups by their tags.
var comTags = Rule{
	About: lint.About{
		ID: "com.taglist.tags", Severity: lint.Error, Kinds: only(lint.COM),
		Title:    lint.Text("The list names data groups by their tags", "Danh sách nêu nhóm dữ liệu bằng thẻ"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, Table 35, and Table 38",
	},
	Check: func(f *File, report lint.Report) {
		v, _ := first(f.Parts, 0x5c)
		for _, t := range v.Value {
			if id, ok := lds.FileByTag(tlv.Tag(t)); !ok || id.Number() == 0 {
				report("5C", "%02X is none", t)
			}
		}
	},
}
