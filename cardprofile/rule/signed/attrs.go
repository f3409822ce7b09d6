package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are signed attributes.
var signedAttributes = Rule{
	About: lint.About{
		ID: "signed.attrs", Severity: lint.Error, Kinds: append(only(lint.SOD), lists...),
		Title:    lint.Text("There are signed attributes", "Có thuộc tính được ký"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if s.SignedAttrs == nil {
				report("signerInfo.signedAttrs", "there are none")
			}
		})
	},
}
