package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A CSCA's private key is used for five years at most.
var usageCSCA = Rule{
	About: lint.About{
		ID: "cert.usage.csca", Severity: lint.Warning, Kinds: authorities,
		Title:    lint.Text("A CSCA's private key is used for five years at most", "Khóa riêng của CSCA dùng nhiều nhất năm năm"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.4.2 and Table 1",
	},
	Check: func(c *Certificate, report lint.Report) {
		if d, ok := c.usedFor(); ok && d > 5*366*day {
			report(place(oidPrivateKeyUsage), "for %d days", int(d/day))
		}
	},
}
