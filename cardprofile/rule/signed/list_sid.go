package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signer is named by subjectKeyIdentifier.
var listIdentifier = Rule{
	About: lint.About{
		ID: "list.sid", Severity: lint.Warning, Kinds: lists,
		Title:    lint.Text("The signer is named by subjectKeyIdentifier", "Bên ký được nêu bằng subjectKeyIdentifier"),
		Citation: "Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if s.SubjectKeyID == nil {
				report("signerInfo.sid", "by issuer and serial number")
			}
		})
	},
}
