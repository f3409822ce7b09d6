package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// authorityKeyIdentifier is not critical.
var akiUncritical = Rule{
	About: lint.About{
		ID: "cert.aki.critical", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("authorityKeyIdentifier is not critical", "authorityKeyIdentifier không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidAuthorityKeyID),
}
