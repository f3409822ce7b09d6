package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Explicit domain parameters include the cofactor.
var keyCofactor = Rule{
	About: lint.About{
		ID: "cert.key.ec.cofactor", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Explicit domain parameters include the cofactor", "Tham số miền tường minh có hệ số phụ (cofactor)"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.3",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.key(); k.algorithm.OID == der.OIDEC {
			if e, ok := k.explicit(); ok && !e.cofactor {
				report("subjectPublicKeyInfo", "it is missing")
			}
		}
	},
}
