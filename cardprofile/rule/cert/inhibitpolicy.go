package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// inhibitAnyPolicy is absent.
var inhibitPolicy = Rule{
	About: lint.About{
		ID: "cert.inhibitpolicy", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("inhibitAnyPolicy is absent", "Không có inhibitAnyPolicy"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and Note 1",
	},
	Check: absent(oidInhibitPolicy),
}
