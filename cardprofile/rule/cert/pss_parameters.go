package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// RSASSA-PSS has parameters that RFC 4055 allows.
var pssParameters = Rule{
	About: lint.About{
		ID: "cert.pss.parameters", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("RSASSA-PSS has parameters that RFC 4055 allows", "RSASSA-PSS có tham số theo RFC 4055"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.1; RFC 4055, 3.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		if c.Inner.OID == der.OIDPSS {
			if _, ok := c.Inner.PSS(); !ok {
				report("signature", "they are absent or others")
			}
		}
	},
}
