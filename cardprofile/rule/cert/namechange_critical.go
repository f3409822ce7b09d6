package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// nameChange is not critical.
var nameChangeUncritical = Rule{
	About: lint.About{
		ID: "cert.namechange.critical", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("nameChange is not critical", "nameChange không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidNameChange),
}
