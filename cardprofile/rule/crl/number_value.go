package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// cRLNumber is a number that is not negative.
var numberValue = Rule{
	About: lint.About{
		ID: "crl.number.value", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("cRLNumber is a number that is not negative", "cRLNumber là số không âm"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: func(l *List, report lint.Report) {
		if _, ok := l.extension(oidNumber); ok {
			if v, ok := l.number(); !ok || der.Negative(v) {
				report(place(oidNumber), "it is negative or none")
			}
		}
	},
}
