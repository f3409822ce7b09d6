package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// freshestCRL is absent.
var freshestCRL = Rule{
	About: lint.About{
		ID: "cert.freshestcrl", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("freshestCRL is absent", "Không có freshestCRL"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and Note 2",
	},
	Check: absent(oidFreshestCRL),
}
