package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// cRLNumber is in the smallest number of octets.
var numberMinimal = Rule{
	About: lint.About{
		ID: "crl.number.minimal", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("cRLNumber is in the smallest number of octets", "cRLNumber được mã hóa bằng số byte ít nhất"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: func(l *List, report lint.Report) {
		if v, ok := l.number(); ok && !der.Minimal(v) {
			report(place(oidNumber), "it has a leading octet that says nothing")
		}
	},
}
