package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times are YYMMDDHHMMSSZ or, from 2050, YYYYMMDDHHMMSSZ.
var updateForm = Rule{
	About: lint.About{
		ID: "crl.update.form", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Times are YYMMDDHHMMSSZ or, from 2050, YYYYMMDDHHMMSSZ", "Thời điểm có dạng YYMMDDHHMMSSZ, hoặc từ 2050 là YYYYMMDDHHMMSSZ"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		l.timed(func(where string, t der.Time) {
			if _, ok := t.When(); !ok {
				report(where, "it is no time")
			} else if width := map[bool]int{true: 12, false: 14}[t.Tag == der.UTCTime]; t.Zulu() && !t.Fraction() && t.Digits() >= width && len(t.Text) != width+1 {
				report(where, "it has %d characters", len(t.Text))
			}
		})
	},
}
