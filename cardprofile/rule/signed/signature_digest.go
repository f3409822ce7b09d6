package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signature signs the digest that the signer names.
var signatureDigest = Rule{
	About: lint.About{
		ID: "signed.signature.digest", Severity: lint.Warning, Kinds: all,
		Title:    lint.Text("The signature signs the digest that the signer names", "Chữ ký dùng đúng hàm băm mà bên ký nêu"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if _, h := algorithm(s.SignatureAlgorithm).Signature(); h != 0 && h != algorithm(s.DigestAlgorithm).Hash() {
				report("signerInfo.signatureAlgorithm", "%s signs another than %s", s.SignatureAlgorithm.OID, s.DigestAlgorithm.OID)
			}
		})
	},
}
