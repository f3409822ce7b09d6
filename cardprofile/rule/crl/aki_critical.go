package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// authorityKeyIdentifier is not critical.
var akiUncritical = Rule{
	About: lint.About{
		ID: "crl.aki.critical", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("authorityKeyIdentifier is not critical", "authorityKeyIdentifier không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: uncritical(oidKeyID),
}
