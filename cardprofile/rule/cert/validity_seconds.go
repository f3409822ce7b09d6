package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times have seconds.
var validitySeconds = Rule{
	About: lint.About{
		ID: "cert.validity.seconds", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Times have seconds", "Thời điểm có giây"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.timed(func(where string, t der.Time) {
			if t.Tag == der.UTCTime && t.Digits() < 12 || t.Tag == der.GeneralizedTime && t.Digits() < 14 {
				report(where, "it has %d digits", t.Digits())
			}
		})
	},
}
