package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// authorityKeyIdentifier is present.
var akiPresent = Rule{
	About: lint.About{
		ID: "crl.aki", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("authorityKeyIdentifier is present", "Có authorityKeyIdentifier"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: present(oidKeyID),
}
