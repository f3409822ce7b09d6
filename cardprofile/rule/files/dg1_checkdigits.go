package files

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Check digits are right.
var dg1CheckDigits = Rule{
	About: lint.About{
		ID: "dg1.checkdigits", Severity: lint.Error, Kinds: only(lint.DG(1)),
		Title:    lint.Text("Check digits are right", "Các số kiểm tra đúng"),
		Citation: "Doc 9303-10 (8th ed.), Tables 40, 41 and 42; Doc 9303-3 (8th ed.), 4.9",
	},
	Check: func(f *File, report lint.Report) {
		if zones[len(f.zone())] == nil {
			return
		}
		_, deviations, _ := mrz.ParseDG1(f.zone())
		for _, d := range deviations {
			if strings.HasPrefix(d.Rule, "mrz.checkdigit.") {
				report("5F1F", "%s", d.Text)
			}
		}
	},
}
