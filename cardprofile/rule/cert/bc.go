package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A CSCA has basicConstraints.
var bcPresent = Rule{
	About: lint.About{
		ID: "cert.bc", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("A CSCA has basicConstraints", "CSCA có basicConstraints"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: present(oidBasicConstraints),
}
