package files

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The zone's data elements are written as the printed zone's are.
var dg1Fields = Rule{
	About: lint.About{
		ID: "dg1.fields", Severity: lint.Warning, Kinds: only(lint.DG(1)),
		Title:    lint.Text("The zone's data elements are written as the printed zone's are", "Các trường của vùng đọc máy được ghi như trên vùng in"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.1; Doc 9303-3 (8th ed.), 4",
	},
	Check: func(f *File, report lint.Report) {
		if zones[len(f.zone())] == nil {
			return
		}
		_, deviations, _ := mrz.ParseDG1(f.zone())
		for _, d := range deviations {
			if !strings.HasPrefix(d.Rule, "mrz.checkdigit.") {
				report("5F1F", "%s", d.Text)
			}
		}
	},
}
