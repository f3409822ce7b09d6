package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// authorityCertIssuer and authorityCertSerialNumber go together.
var akiPair = Rule{
	About: lint.About{
		ID: "cert.aki.pair", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("authorityCertIssuer and authorityCertSerialNumber go together", "authorityCertIssuer và authorityCertSerialNumber đi cùng nhau"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6; RFC 5280, 4.2.1.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.authorityKeyID(); k.issuer != k.serial {
			report(place(oidAuthorityKeyID), "one of them stands alone")
		}
	},
}
