package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// privateKeyUsagePeriod has notBefore or notAfter.
var pkupBound = Rule{
	About: lint.About{
		ID: "cert.pkup.bound", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("privateKeyUsagePeriod has notBefore or notAfter", "privateKeyUsagePeriod có notBefore hoặc notAfter"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if p := c.period(); p.present && (!p.valid || len(p.parts) == 0) {
			report(place(oidPrivateKeyUsage), "it has neither")
		}
	},
}
