package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signature algorithm is RSA, DSA or ECDSA.
var signatureAlgorithm = Rule{
	About: lint.About{
		ID: "signed.signature.algorithm", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The signature algorithm is RSA, DSA or ECDSA", "Thuật toán ký là RSA, DSA hoặc ECDSA"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if f, _ := algorithm(s.SignatureAlgorithm).Signature(); f == der.Unknown {
				report("signerInfo.signatureAlgorithm", "%s", s.SignatureAlgorithm.OID)
			}
		})
	},
}
