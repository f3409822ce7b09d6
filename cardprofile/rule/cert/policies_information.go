package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// certificatePolicies has PolicyInformation with policyIdentifier.
var policiesInformation = Rule{
	About: lint.About{
		ID: "cert.policies.information", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("certificatePolicies has PolicyInformation with policyIdentifier", "certificatePolicies có PolicyInformation với policyIdentifier"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		parts, present, ok := c.sequence(oidPolicies)
		if present && (!ok || len(parts) == 0) {
			report(place(oidPolicies), "it has none")
		}
		for _, p := range parts {
			if inner, ok := der.Parts(p.Raw, der.Sequence); !ok || len(inner) == 0 || inner[0].Tag != der.ObjectID {
				report(place(oidPolicies), "one has no policyIdentifier")
			}
		}
	},
}
