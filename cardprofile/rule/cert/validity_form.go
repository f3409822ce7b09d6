package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times are YYMMDDHHMMSSZ or, from 2050, YYYYMMDDHHMMSSZ.
var validityForm = Rule{
	About: lint.About{
		ID: "cert.validity.form", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Times are YYMMDDHHMMSSZ or, from 2050, YYYYMMDDHHMMSSZ", "Thời điểm có dạng YYMMDDHHMMSSZ, hoặc từ 2050 là YYYYMMDDHHMMSSZ"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.timed(func(where string, t der.Time) {
			if _, ok := t.When(); !ok {
				report(where, "it is no time")
			} else if width := map[bool]int{true: 12, false: 14}[t.Tag == der.UTCTime]; t.Zulu() && !t.Fraction() && t.Digits() >= width && len(t.Text) != width+1 {
				report(where, "it has %d characters", len(t.Text))
			}
		})
	},
}
