package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list is signed by a master list signer, not by a CSCA.
var masterSigner = Rule{
	About: lint.About{
		ID: "masterlist.signer", Severity: lint.Error, Kinds: only(lint.MasterList),
		Title:    lint.Text("The list is signed by a master list signer, not by a CSCA", "Danh sách do bên ký master list ký, không phải CSCA"),
		Citation: "Doc 9303-12 (8th ed.), 5.3",
	},
	Check: func(o *Object, report lint.Report) {
		for _, c := range o.Signers() {
			if k := cert.Classify(c); k != lint.MLSigner {
				report("certificates", "the signer's certificate is that of a %s", k)
			}
		}
	},
}
