package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The key of an LDS2, visa or ETD signer is for ECDSA.
var keyECDSA = Rule{
	About: lint.About{
		ID: "cert.key.ecdsa", Severity: lint.Error, Kinds: small,
		Title:    lint.Text("The key of an LDS2, visa or ETD signer is for ECDSA", "Khóa của bên ký LDS2, thị thực hoặc giấy thông hành khẩn cấp dùng ECDSA"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.7 and 4.1.8",
	},
	Check: func(c *Certificate, report lint.Report) {
		if k := c.key(); k.algorithm.OID != der.OIDEC {
			report("subjectPublicKeyInfo", "its algorithm is %s", k.algorithm.OID)
		}
	},
}
