package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signer is named by issuerAndSerialNumber.
var sodIdentifier = Rule{
	About: lint.About{
		ID: "sod.sid", Severity: lint.Warning, Kinds: only(lint.SOD),
		Title:    lint.Text("The signer is named by issuerAndSerialNumber", "Bên ký được nêu bằng issuerAndSerialNumber"),
		Citation: "Doc 9303-10 (8th ed.), Table 37",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if s.SubjectKeyID != nil {
				report("signerInfo.sid", "by key identifier")
			}
		})
	},
}
