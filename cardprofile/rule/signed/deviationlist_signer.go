package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list is signed by a deviation list signer.
var deviationSigner = Rule{
	About: lint.About{
		ID: "deviationlist.signer", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("The list is signed by a deviation list signer", "Danh sách do bên ký deviation list ký"),
		Citation: "Doc 9303-12 (8th ed.), 3.1.7, 7.1.1.3 and Table 19",
	},
	Check: func(o *Object, report lint.Report) {
		for _, c := range o.Signers() {
			if k := cert.Classify(c); k != lint.DLSigner {
				report("certificates", "the signer's certificate is that of a %s", k)
			}
		}
	},
}
