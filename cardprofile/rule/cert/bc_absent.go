package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A signer has no basicConstraints.
var bcAbsent = Rule{
	About: lint.About{
		ID: "cert.bc.absent", Severity: lint.Error, Kinds: append(only(lint.Communication), signers...),
		Title:    lint.Text("A signer has no basicConstraints", "Bên ký không có basicConstraints"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: absent(oidBasicConstraints),
}
