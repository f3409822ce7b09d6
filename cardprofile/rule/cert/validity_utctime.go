package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times through 2049 are UTCTime.
var validityUTC = Rule{
	About: lint.About{
		ID: "cert.validity.utctime", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Times through 2049 are UTCTime", "Thời điểm đến hết năm 2049 là UTCTime"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.timed(func(where string, t der.Time) {
			if v, ok := t.When(); ok && t.Tag == der.GeneralizedTime && v.Year() < 2050 {
				report(where, "a GeneralizedTime for the year %d", v.Year())
			}
		})
	},
}
