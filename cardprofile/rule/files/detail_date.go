package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A date is YYYYMMDD in eight digits.
var detailDate = Rule{
	About: lint.About{
		ID: "detail.date", Severity: lint.Error, Kinds: details,
		Title:    lint.Text("A date is YYYYMMDD in eight digits", "Ngày có dạng YYYYMMDD gồm tám chữ số"),
		Citation: "Doc 9303-10 (8th ed.), Tables 71 to 74",
	},
	Check: func(f *File, report lint.Report) {
		for _, t := range []tlv.Tag{0x5f2b, 0x5f26} {
			if n, ok := first(f.Parts, t); ok && !date(n.Value) {
				report(t.String(), "it is not")
			}
		}
	},
}
