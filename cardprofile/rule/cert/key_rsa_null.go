package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An RSA key's algorithm has NULL parameters.
var keyRSANull = Rule{
	About: lint.About{
		ID: "cert.key.rsa.null", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("An RSA key's algorithm has NULL parameters", "Thuật toán của khóa RSA có tham số NULL"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.1; RFC 4055, 1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.key(); k.algorithm.OID == der.OIDRSA && !k.algorithm.Null() {
			report("subjectPublicKeyInfo", "the parameters are %x", k.algorithm.Params)
		}
	},
}
