package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A SPOC certificate has cRLDistributionPoints.
var spocCRL = Rule{
	About: lint.About{
		ID: "cert.spoc.crldp", Severity: lint.Error, Kinds: only(lint.Communication),
		Title:    lint.Text("A SPOC certificate has cRLDistributionPoints", "Chứng thư SPOC có cRLDistributionPoints"),
		Citation: "Doc 9303-12 (8th ed.), 7.2.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, id := range c.extendedKeyUsage() {
			if id == oidSPOCClient || id == oidSPOCServer {
				present(oidCRLPoints)(c, report)
				return
			}
		}
	},
}
