package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The key is RSA, DSA or on an elliptic curve.
var keyAlgorithm = Rule{
	About: lint.About{
		ID: "cert.key.algorithm", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("The key is RSA, DSA or on an elliptic curve", "Khóa là RSA, DSA hoặc trên đường cong elliptic"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.key(); k.ok {
			switch k.algorithm.OID {
			case der.OIDRSA, der.OIDPSS, der.OIDDSA, der.OIDEC:
			default:
				report("subjectPublicKeyInfo", "its algorithm is %s", k.algorithm.OID)
			}
		}
	},
}
