package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There is a signer.
var signers = Rule{
	About: lint.About{
		ID: "signed.signers", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("There is a signer", "Có bên ký"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		if len(o.Signed.Signers) == 0 {
			report("signerInfos", "there is none")
		}
	},
}
