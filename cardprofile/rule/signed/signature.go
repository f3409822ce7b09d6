package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There is a signature.
var signature = Rule{
	About: lint.About{
		ID: "signed.signature", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("There is a signature", "Có chữ ký"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if len(s.Signature) == 0 {
				report("signerInfo.signature", "it is empty")
			}
		})
	},
}
