package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The domain parameters of an elliptic curve key are explicit.
var keyExplicit = Rule{
	About: lint.About{
		ID: "cert.key.ec.explicit", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The domain parameters of an elliptic curve key are explicit", "Tham số miền của khóa elliptic được ghi tường minh"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.3",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.key(); k.algorithm.OID == der.OIDEC {
			if _, ok := k.explicit(); !ok {
				report("subjectPublicKeyInfo", "the curve is named or implied")
			}
		}
	},
}
