package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// privateKeyUsagePeriod is present.
var pkupPresent = Rule{
	About: lint.About{
		ID: "cert.pkup", Severity: lint.Error, Kinds: periods, Earlier: true,
		Title:    lint.Text("privateKeyUsagePeriod is present", "Có privateKeyUsagePeriod"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: present(oidPrivateKeyUsage),
}
