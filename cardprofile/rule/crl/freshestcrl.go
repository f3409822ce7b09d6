package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// freshestCRL is absent.
var freshest = Rule{
	About: lint.About{
		ID: "crl.freshestcrl", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("freshestCRL is absent", "Không có freshestCRL"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: absent(oidFreshest),
}
