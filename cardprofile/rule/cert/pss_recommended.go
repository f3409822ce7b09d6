package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An RSA signature is RSASSA-PSS.
var pssRecommended = Rule{
	About: lint.About{
		ID: "cert.pss.recommended", Severity: lint.Info, Kinds: all,
		Title:    lint.Text("An RSA signature is RSASSA-PSS", "Chữ ký RSA theo RSASSA-PSS"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		if f, _ := c.Inner.Signature(); f == der.RSA {
			report("signature", "it is RSASSA-PKCS1-v1_5")
		}
	},
}
