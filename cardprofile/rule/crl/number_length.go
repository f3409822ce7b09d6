package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// cRLNumber has 20 octets at most.
var numberLength = Rule{
	About: lint.About{
		ID: "crl.number.length", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("cRLNumber has 20 octets at most", "cRLNumber dài nhất 20 byte"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: func(l *List, report lint.Report) {
		if v, _ := l.number(); len(v) > 20 {
			report(place(oidNumber), "it has %d", len(v))
		}
	},
}
