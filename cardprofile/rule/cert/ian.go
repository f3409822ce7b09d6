package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// issuerAltName is present.
var ianPresent = Rule{
	About: lint.About{
		ID: "cert.ian", Severity: lint.Error, Kinds: table6, Earlier: true,
		Title:    lint.Text("issuerAltName is present", "Có issuerAltName"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: present(oidIssuerAltName),
}
