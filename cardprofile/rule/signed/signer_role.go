package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signer is a Document Signer.
var signerRole = Rule{
	About: lint.About{
		ID: "signed.signer.role", Severity: lint.Error, Kinds: files,
		Title:    lint.Text("The signer is a Document Signer", "Bên ký là Document Signer"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.4 and 4.6.2; Doc 9303-12 (8th ed.), 3.1.2",
	},
	Check: func(o *Object, report lint.Report) {
		for _, c := range o.Signers() {
			if k := cert.Classify(c); k != lint.DS {
				report("certificates", "the signer's certificate is that of a %s", k)
			}
		}
	},
}
