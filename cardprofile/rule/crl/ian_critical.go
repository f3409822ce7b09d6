package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// issuerAltName is not critical.
var ianUncritical = Rule{
	About: lint.About{
		ID: "crl.ian.critical", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("issuerAltName is not critical", "issuerAltName không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: uncritical(oidIssuerAltName),
}
