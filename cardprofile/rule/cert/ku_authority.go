package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A CSCA's keyUsage has no other bits than keyCertSign and cRLSign.
var kuCAOnly = Rule{
	About: lint.About{
		ID: "cert.ku.authority", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("A CSCA's keyUsage has no other bits than keyCertSign and cRLSign", "keyUsage của CSCA chỉ có keyCertSign và cRLSign"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if u, _ := c.keyUsage(); u&^(keyCertSign|cRLSign) != 0 {
			report(place(oidKeyUsage), "it has %s", u&^(keyCertSign|cRLSign))
		}
	},
}
