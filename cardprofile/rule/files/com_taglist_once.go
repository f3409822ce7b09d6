package files

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list names each data group once.
var comOnce = Rule{
	About: lint.About{
		ID: "com.taglist.once", Severity: lint.Error, Kinds: only(lint.COM),
		Title:    lint.Text("The list names each data group once", "Mỗi nhóm dữ liệu chỉ nêu một lần"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, Table 35",
	},
	Check: func(f *File, report lint.Report) {
		v, _ := first(f.Parts, 0x5c)
		for i, t := range v.Value {
			if bytes.IndexByte(v.Value, t) < i {
				report("5C", "%02X comes again", t)
			}
		}
	},
}
