package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The directoryName has no attributes but localityName and stateOrProvinceName.
var altNameAttributes = Rule{
	About: lint.About{
		ID: "cert.altname.attributes", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("The directoryName has no attributes but localityName and stateOrProvinceName", "directoryName chỉ có localityName và stateOrProvinceName"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.directories(func(where string, n der.Name) {
			for _, a := range n.Attributes {
				if a.Type != der.LocalityName && a.Type != der.StateOrProvince {
					report(where, "it has %s", a.Type)
				}
			}
		})
	},
}
