package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A signer's keyUsage has digitalSignature.
var kuSignature = Rule{
	About: lint.About{
		ID: "cert.ku.signature", Severity: lint.Error, Kinds: signers,
		Title:    lint.Text("A signer's keyUsage has digitalSignature", "keyUsage của bên ký có digitalSignature"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if u, ok := c.keyUsage(); ok && !u.has(digitalSignature) {
			report(place(oidKeyUsage), "it has %s", u)
		}
	},
}
