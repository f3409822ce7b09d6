package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// deltaCRLIndicator is absent.
var delta = Rule{
	About: lint.About{
		ID: "crl.delta", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("deltaCRLIndicator is absent", "Không có deltaCRLIndicator"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: absent(oidDelta),
}
