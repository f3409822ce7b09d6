package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// nameConstraints is absent.
var nameConstraints = Rule{
	About: lint.About{
		ID: "cert.nameconstraints", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("nameConstraints is absent", "Không có nameConstraints"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and Note 1",
	},
	Check: absent(oidNameConstraints),
}
