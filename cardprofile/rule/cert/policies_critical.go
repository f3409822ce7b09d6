package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// certificatePolicies is not critical.
var policiesUncritical = Rule{
	About: lint.About{
		ID: "cert.policies.critical", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("certificatePolicies is not critical", "certificatePolicies không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidPolicies),
}
