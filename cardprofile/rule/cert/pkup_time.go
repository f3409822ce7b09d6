package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// privateKeyUsagePeriod is in GeneralizedTime.
var pkupTime = Rule{
	About: lint.About{
		ID: "cert.pkup.time", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("privateKeyUsagePeriod is in GeneralizedTime", "privateKeyUsagePeriod dùng GeneralizedTime"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, p := range c.period().parts {
			t := der.Time{Tag: der.GeneralizedTime, Text: p.Value}
			if _, ok := t.When(); !ok || p.Tag != 0x80 && p.Tag != 0x81 || t.Digits() != 14 || len(t.Text) != 15 || !t.Zulu() {
				report(place(oidPrivateKeyUsage), "a bound is not written YYYYMMDDHHMMSSZ")
			}
		}
	},
}
