package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// cRLDistributionPoints is not critical.
var crldpUncritical = Rule{
	About: lint.About{
		ID: "cert.crldp.critical", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("cRLDistributionPoints is not critical", "cRLDistributionPoints không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidCRLPoints),
}
