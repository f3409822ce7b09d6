package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// issuerUniqueID is absent.
var issuerUniqueID = Rule{
	About: lint.About{
		ID: "cert.uniqueid.issuer", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("issuerUniqueID is absent", "Không có issuerUniqueID"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if c.IssuerUniqueID {
			report("issuerUniqueID", "it is present")
		}
	},
}
