package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Points of the curve are uncompressed.
var keyUncompressed = Rule{
	About: lint.About{
		ID: "cert.key.ec.uncompressed", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Points of the curve are uncompressed", "Điểm trên đường cong không nén"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.3",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.key(); k.algorithm.OID == der.OIDEC {
			if len(k.bits) == 0 || k.bits[0] != 4 {
				report("subjectPublicKeyInfo", "the public key is not")
			}
			if e, ok := k.explicit(); ok && (len(e.base) == 0 || e.base[0] != 4) {
				report("subjectPublicKeyInfo", "the base point is not")
			}
		}
	},
}
