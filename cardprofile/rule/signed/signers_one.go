package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There is one signer.
var oneSigner = Rule{
	About: lint.About{
		ID: "signed.signers.one", Severity: lint.Warning, Kinds: append(only(lint.SOD), lists...),
		Title:    lint.Text("There is one signer", "Chỉ có một bên ký"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		if n := len(o.Signed.Signers); n > 1 {
			report("signerInfos", "there are %d", n)
		}
	},
}
