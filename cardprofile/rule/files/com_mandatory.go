package files

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list names DG1 and DG2.
var comMandatory = Rule{
	About: lint.About{
		ID: "com.mandatory", Severity: lint.Error, Kinds: only(lint.COM),
		Title:    lint.Text("The list names DG1 and DG2", "Danh sách có DG1 và DG2"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, 4.7.1 and 4.7.2",
	},
	Check: func(f *File, report lint.Report) {
		if v, ok := first(f.Parts, 0x5c); ok {
			for i, t := range []byte{0x61, 0x75} {
				if bytes.IndexByte(v.Value, t) < 0 {
					report("5C", "DG%d is missing", i+1)
				}
			}
		}
	},
}
