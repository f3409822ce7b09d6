package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// cRLDistributionPoints is present.
var crldpPresent = Rule{
	About: lint.About{
		ID: "cert.crldp", Severity: lint.Error, Kinds: append(authorities, signers...), Earlier: true,
		Title:    lint.Text("cRLDistributionPoints is present", "Có cRLDistributionPoints"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and 7.1.1.4",
	},
	Check: present(oidCRLPoints),
}
