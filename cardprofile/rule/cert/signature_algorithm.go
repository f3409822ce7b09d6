package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signature algorithm is RSA, DSA or ECDSA.
var signatureAlgorithm = Rule{
	About: lint.About{
		ID: "cert.signature.algorithm", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The signature algorithm is RSA, DSA or ECDSA", "Thuật toán ký là RSA, DSA hoặc ECDSA"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if f, _ := c.Inner.Signature(); f == der.Unknown {
			report("signature", "%s", c.Inner.OID)
		}
	},
}
