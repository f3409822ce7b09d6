package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A GeneralizedTime has no fractional seconds.
var validityFraction = Rule{
	About: lint.About{
		ID: "cert.validity.fraction", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A GeneralizedTime has no fractional seconds", "GeneralizedTime không có phần lẻ của giây"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.timed(func(where string, t der.Time) {
			if t.Fraction() {
				report(where, "it has")
			}
		})
	},
}
