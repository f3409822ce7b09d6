package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times through 2049 are UTCTime.
var updateUTC = Rule{
	About: lint.About{
		ID: "crl.update.utctime", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Times through 2049 are UTCTime", "Thời điểm đến hết năm 2049 là UTCTime"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		l.timed(func(where string, t der.Time) {
			if v, ok := t.When(); ok && t.Tag == der.GeneralizedTime && v.Year() < 2050 {
				report(where, "a GeneralizedTime for the year %d", v.Year())
			}
		})
	},
}
