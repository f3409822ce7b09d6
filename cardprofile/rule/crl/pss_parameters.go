package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// RSASSA-PSS has parameters that RFC 4055 allows.
var pssParameters = Rule{
	About: lint.About{
		ID: "crl.pss.parameters", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("RSASSA-PSS has parameters that RFC 4055 allows", "RSASSA-PSS có tham số theo RFC 4055"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.1; RFC 4055, 3.1",
	},
	Check: func(l *List, report lint.Report) {
		if l.Inner.OID == der.OIDPSS {
			if _, ok := l.Inner.PSS(); !ok {
				report("signature", "they are absent or others")
			}
		}
	},
}
