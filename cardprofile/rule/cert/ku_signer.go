package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A signer's keyUsage has no other bit than digitalSignature.
var kuSignerOnly = Rule{
	About: lint.About{
		ID: "cert.ku.signer", Severity: lint.Error, Kinds: signers,
		Title:    lint.Text("A signer's keyUsage has no other bit than digitalSignature", "keyUsage của bên ký chỉ có digitalSignature"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if u, _ := c.keyUsage(); u&^digitalSignature != 0 {
			report(place(oidKeyUsage), "it has %s", u&^digitalSignature)
		}
	},
}
