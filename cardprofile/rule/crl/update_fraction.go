package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A GeneralizedTime has no fractional seconds.
var updateFraction = Rule{
	About: lint.About{
		ID: "crl.update.fraction", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A GeneralizedTime has no fractional seconds", "GeneralizedTime không có phần lẻ của giây"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		l.timed(func(where string, t der.Time) {
			if t.Fraction() {
				report(where, "it has")
			}
		})
	},
}
