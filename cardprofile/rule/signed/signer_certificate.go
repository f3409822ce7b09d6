package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signer's certificate is in the object.
var signerCertificate = Rule{
	About: lint.About{
		ID: "signed.signer.certificate", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The signer's certificate is in the object", "Chứng thư của bên ký nằm trong đối tượng"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.4 and Table 37; Doc 9303-12 (8th ed.), 5.3 and Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Security != nil && !o.Security.V1() { // Doc 9303-10 (8th ed.), Table D-1 leaves it open
			return
		}
		o.each(func(s *cms.SignerInfo) {
			if o.Signer(s) == nil {
				report("certificates", "it is not")
			}
		})
	},
}
