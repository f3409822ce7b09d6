package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// policyMappings is absent.
var policyMappings = Rule{
	About: lint.About{
		ID: "cert.policymappings", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("policyMappings is absent", "Không có policyMappings"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and Note 1",
	},
	Check: absent(oidPolicyMappings),
}
