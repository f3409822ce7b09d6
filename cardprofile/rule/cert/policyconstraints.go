package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// policyConstraints is absent.
var policyConstraints = Rule{
	About: lint.About{
		ID: "cert.policyconstraints", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("policyConstraints is absent", "Không có policyConstraints"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and Note 1",
	},
	Check: absent(oidPolicyLimits),
}
