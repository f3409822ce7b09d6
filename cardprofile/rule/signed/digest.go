package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A signer's digest algorithm is SHA-224, SHA-256, SHA-384 or SHA-512.
var signerDigest = Rule{
	About: lint.About{
		ID: "signed.digest", Severity: lint.Error, Kinds: all, Earlier: true,
		Title:    lint.Text("A signer's digest algorithm is SHA-224, SHA-256, SHA-384 or SHA-512", "Thuật toán băm của bên ký là SHA-224, SHA-256, SHA-384 hoặc SHA-512"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.4",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if !der.Permitted(algorithm(s.DigestAlgorithm).Hash()) {
				report("signerInfo.digestAlgorithm", "it is %s", s.DigestAlgorithm.OID)
			}
		})
	},
}
