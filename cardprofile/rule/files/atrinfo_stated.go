package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Extended length is stated in 47 where 7F66 gives its bounds.
var atrStated = Rule{
	About: lint.About{
		ID: "atrinfo.stated", Severity: lint.Error, Kinds: only(lint.ATRInfo),
		Title:    lint.Text("Extended length is stated in 47 where 7F66 gives its bounds", "47 nêu độ dài mở rộng khi 7F66 cho giới hạn"),
		Citation: "Doc 9303-10 (8th ed.), 3.6.4.1 and 3.11.1, Table 29",
	},
	Check: func(f *File, report lint.Report) {
		caps, ok := first(f.Parts, 0x47)
		if _, bounds := first(f.Parts, 0x7f66); ok && bounds && len(caps.Value) == 3 && caps.Value[2]&0x60 != 0x60 {
			report("47", "it does not")
		}
	},
}
