package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list includes the CSCA certificates of the CSCA that issued its signer's certificate.
var masterCSCA = Rule{
	About: lint.About{
		ID: "masterlist.csca", Severity: lint.Error, Kinds: only(lint.MasterList),
		Title:    lint.Text("The list includes the CSCA certificates of the CSCA that issued its signer's certificate", "Danh sách có chứng thư của CSCA đã cấp chứng thư cho bên ký"),
		Citation: "Doc 9303-12 (8th ed.), 5.3",
	},
	Check: func(o *Object, report lint.Report) {
		for _, c := range o.Signers() {
			if !isCA(c) && !issuers(c, o.Certificates) && !issuers(c, o.listed()) {
				report("certificates", "there is none")
			}
		}
	},
}
