package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// cRLNumber is present.
var numberPresent = Rule{
	About: lint.About{
		ID: "crl.number", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("cRLNumber is present", "Có cRLNumber"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: present(oidNumber),
}
