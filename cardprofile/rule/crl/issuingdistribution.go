package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// issuingDistributionPoint is absent.
var distribution = Rule{
	About: lint.About{
		ID: "crl.issuingdistribution", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("issuingDistributionPoint is absent", "Không có issuingDistributionPoint"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: absent(oidDistribution),
}
