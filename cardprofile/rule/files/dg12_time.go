package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The time of personalization is 14 digits, YYYYMMDDhhmmss.
var detailTime = Rule{
	About: lint.About{
		ID: "dg12.time", Severity: lint.Error, Kinds: only(lint.DG(12)),
		Title:    lint.Text("The time of personalization is 14 digits, YYYYMMDDhhmmss", "Thời điểm cá nhân hóa gồm 14 chữ số, YYYYMMDDhhmmss"),
		Citation: "Doc 9303-10 (8th ed.), Tables 73 and 74",
	},
	Check: func(f *File, report lint.Report) {
		if n, ok := first(f.Parts, 0x5f55); ok && !digits(n.Value, 14) {
			report("5F55", "it is not")
		}
	},
}
