package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An RSASSA-PKCS1-v1_5 signature algorithm has NULL parameters.
var signatureNull = Rule{
	About: lint.About{
		ID: "signed.signature.null", Severity: lint.Error, Kinds: nulls,
		Title:    lint.Text("An RSASSA-PKCS1-v1_5 signature algorithm has NULL parameters", "Thuật toán ký RSASSA-PKCS1-v1_5 có tham số NULL"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3, Note 2; Doc 9303-12 (8th ed.), 9.1, Note; RFC 3447, App. C",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if a := algorithm(s.SignatureAlgorithm); !a.Null() {
				if f, _ := a.Signature(); f == der.RSA {
					report("signerInfo.signatureAlgorithm", "the parameters are %x", a.Params)
				}
			}
		})
	},
}
