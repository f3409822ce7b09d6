package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A CSCA's keyUsage has keyCertSign.
var kuCertSign = Rule{
	About: lint.About{
		ID: "cert.ku.certsign", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("A CSCA's keyUsage has keyCertSign", "keyUsage của CSCA có keyCertSign"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if u, ok := c.keyUsage(); ok && !u.has(keyCertSign) {
			report(place(oidKeyUsage), "it has %s", u)
		}
	},
}
