package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The key is long enough: RSA of 2048 bits, a curve of 224 bits, or more.
var keyLength = Rule{
	About: lint.About{
		ID: "cert.key.length", Severity: lint.Warning, Kinds: all,
		Title:    lint.Text("The key is long enough: RSA of 2048 bits, a curve of 224 bits, or more", "Khóa đủ dài: RSA từ 2048 bit, đường cong từ 224 bit"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6",
	},
	Check: func(c *Certificate, report lint.Report) {
		k := c.key()
		switch k.algorithm.OID {
		case der.OIDRSA, der.OIDPSS:
			if n := k.rsaBits(); n < 2048 {
				report("subjectPublicKeyInfo", "RSA of %d bits", n)
			}
		case der.OIDEC:
			if e, ok := k.explicit(); ok && bitLength(e.prime) < 224 {
				report("subjectPublicKeyInfo", "a curve of %d bits", bitLength(e.prime))
			}
		}
	},
}
