package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The CSCA certificate that verifies the signer is among the certificates.
var listIssuer = Rule{
	About: lint.About{
		ID: "list.csca", Severity: lint.Warning, Kinds: lists,
		Title:    lint.Text("The CSCA certificate that verifies the signer is among the certificates", "Chứng thư CSCA để kiểm tra bên ký nằm trong certificates"),
		Citation: "Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		for _, c := range o.Signers() {
			if !isCA(c) && !issuers(c, o.Certificates) {
				report("certificates", "it is not")
			}
		}
	},
}
