package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times have seconds.
var updateSeconds = Rule{
	About: lint.About{
		ID: "crl.update.seconds", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Times have seconds", "Thời điểm có giây"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		l.timed(func(where string, t der.Time) {
			if t.Tag == der.UTCTime && t.Digits() < 12 || t.Tag == der.GeneralizedTime && t.Digits() < 14 {
				report(where, "it has %d digits", t.Digits())
			}
		})
	},
}
