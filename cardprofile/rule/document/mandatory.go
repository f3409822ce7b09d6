package document

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.COM, EF.SOD, EF.DG1 and EF.DG2 are there.
var mandatory = Rule{
	About: lint.About{
		ID: "document.mandatory", Severity: lint.Warning, Kinds: kinds,
		Title:    lint.Text("EF.COM, EF.SOD, EF.DG1 and EF.DG2 are there", "Có EF.COM, EF.SOD, EF.DG1 và EF.DG2"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, 4.6.2, 4.7.1 and 4.7.2",
	},
	Check: func(t *Together, report lint.Report) {
		for _, k := range []lint.Kind{lint.COM, lint.SOD, lint.DG(1), lint.DG(2)} {
			if _, ok := t.Files[k]; len(t.Files) > 0 && !ok {
				report(string(k), "it is not among the files")
			}
		}
	},
}
