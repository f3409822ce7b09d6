package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// nameChange is in CSCA certificates alone.
var nameChangeAbsent = Rule{
	About: lint.About{
		ID: "cert.namechange.absent", Severity: lint.Error, Kinds: append(only(lint.Communication), signers...),
		Title:    lint.Text("nameChange is in CSCA certificates alone", "Chỉ chứng thư CSCA mới có nameChange"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: absent(oidNameChange),
}
