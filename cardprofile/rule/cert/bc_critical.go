package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// basicConstraints is critical.
var bcCritical = Rule{
	About: lint.About{
		ID: "cert.bc.critical", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("basicConstraints is critical", "basicConstraints là loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: critical(oidBasicConstraints),
}
