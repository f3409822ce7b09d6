package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The CRL is in DER.
var inDER = Rule{
	About: lint.About{
		ID: "crl.der", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The CRL is in DER", "CRL mã hóa theo DER"),
		Citation: "Doc 9303-12 (8th ed.), 7.1",
	},
	Check: func(l *List, report lint.Report) {
		for _, n := range der.Strict(l.Raw) {
			report("CRL", "%s", n)
		}
		for _, e := range l.Extensions {
			if e.ID[0] == '2' { // those whose value is known to be DER
				for _, n := range der.Strict(e.Value) {
					report(place(e.ID), "%s", n)
				}
			}
		}
	},
}
