package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The CRL has crlExtensions.
var extensionsPresent = Rule{
	About: lint.About{
		ID: "crl.extensions", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The CRL has crlExtensions", "CRL có crlExtensions"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		if len(l.Extensions) == 0 {
			report("crlExtensions", "there are none")
		}
	},
}
