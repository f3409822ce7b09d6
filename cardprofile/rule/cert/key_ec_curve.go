package cert

import (
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The key lies on a curve that is known, all of whose parameters are those of the curve.
var keyCurve = Rule{
	About: lint.About{
		ID: "cert.key.ec.curve", Severity: lint.Warning, Kinds: all,
		Title:    lint.Text("The key lies on a curve that is known, all of whose parameters are those of the curve", "Khóa nằm trên đường cong đã biết, mọi tham số đều đúng"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.3; BSI TR-03111 (v2.1), 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.key(); k.algorithm.OID == der.OIDEC {
			if _, _, err := ecc.ParseSPKI(c.SPKI); err != nil {
				report("subjectPublicKeyInfo", "it does not")
			}
		}
	},
}
