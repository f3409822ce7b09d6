package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// privateKeyUsagePeriod is not critical.
var pkupUncritical = Rule{
	About: lint.About{
		ID: "cert.pkup.critical", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("privateKeyUsagePeriod is not critical", "privateKeyUsagePeriod không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidPrivateKeyUsage),
}
