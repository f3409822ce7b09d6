package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signed attributes include the signing time.
var listSigningTime = Rule{
	About: lint.About{
		ID: "list.signingtime", Severity: lint.Error, Kinds: lists,
		Title:    lint.Text("The signed attributes include the signing time", "Thuộc tính được ký có thời điểm ký"),
		Citation: "Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if s.SigningTime.IsZero() {
				report("signerInfo.signedAttrs", "they do not")
			}
		})
	},
}
