package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An RSASSA-PKCS1-v1_5 algorithm has NULL parameters.
var rsaNull = Rule{
	About: lint.About{
		ID: "cert.rsa.null", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("An RSASSA-PKCS1-v1_5 algorithm has NULL parameters", "Thuật toán RSASSA-PKCS1-v1_5 có tham số NULL"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.1; RFC 4055, 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if f, _ := c.Inner.Signature(); f == der.RSA && !c.Inner.Null() {
			report("signature", "the parameters are %x", c.Inner.Params)
		}
	},
}
