package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// cRLNumber is not critical.
var numberUncritical = Rule{
	About: lint.About{
		ID: "crl.number.critical", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("cRLNumber is not critical", "cRLNumber không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: uncritical(oidNumber),
}
