package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// nextUpdate is present.
var nextUpdate = Rule{
	About: lint.About{
		ID: "crl.nextupdate", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("nextUpdate is present", "Có nextUpdate"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		if l.NextUpdate.Tag == 0 {
			report("nextUpdate", "it is missing")
		}
	},
}
