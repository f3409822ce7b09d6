package signed

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signature algorithm fits the key of the signer's certificate.
var signerKey = Rule{
	About: lint.About{
		ID: "signed.signer.key", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The signature algorithm fits the key of the signer's certificate", "Thuật toán ký phù hợp với khóa trong chứng thư của bên ký"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			c := o.Signer(s)
			if c == nil {
				return
			}
			want := map[string][]der.Family{der.OIDRSA: {der.RSA, der.PSS}, der.OIDPSS: {der.PSS}, der.OIDEC: {der.ECDSA}, der.OIDDSA: {der.DSA}}[c.KeyAlgorithm()]
			if f, _ := algorithm(s.SignatureAlgorithm).Signature(); f != der.Unknown && want != nil && !slices.Contains(want, f) {
				report("signerInfo.signatureAlgorithm", "%s is not for a key of %s", s.SignatureAlgorithm.OID, c.KeyAlgorithm())
			}
		})
	},
}
