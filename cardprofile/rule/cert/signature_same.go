package cert

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// signature and signatureAlgorithm are the same.
var signatureSame = Rule{
	About: lint.About{
		ID: "cert.signature.same", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("signature and signatureAlgorithm are the same", "signature và signatureAlgorithm giống nhau"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if !bytes.Equal(c.Inner.Raw, c.Outer.Raw) {
			report("signatureAlgorithm", "%s inside, %s outside the signed part", c.Inner.OID, c.Outer.OID)
		}
	},
}
