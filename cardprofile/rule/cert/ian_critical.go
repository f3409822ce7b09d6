package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// issuerAltName is not critical.
var ianUncritical = Rule{
	About: lint.About{
		ID: "cert.ian.critical", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("issuerAltName is not critical", "issuerAltName không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidIssuerAltName),
}
