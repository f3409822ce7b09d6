package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A Document Signer's private key is used for three months, or a little longer.
var usageDS = Rule{
	About: lint.About{
		ID: "cert.usage.ds", Severity: lint.Warning, Kinds: only(lint.DS),
		Title:    lint.Text("A Document Signer's private key is used for three months, or a little longer", "Khóa riêng của Document Signer dùng khoảng ba tháng"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.1.2 and Table 1",
	},
	Check: func(c *Certificate, report lint.Report) {
		if d, ok := c.usedFor(); ok && d > 123*day {
			report(place(oidPrivateKeyUsage), "for %d days", int(d/day))
		}
	},
}
