package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An LDS2 signer has no extensions but authorityKeyIdentifier and extKeyUsage.
var lds2Extensions = Rule{
	About: lint.About{
		ID: "cert.lds2.extensions", Severity: lint.Error, Kinds: only(lint.LDS2Signer),
		Title:    lint.Text("An LDS2 signer has no extensions but authorityKeyIdentifier and extKeyUsage", "Bên ký LDS2 chỉ có authorityKeyIdentifier và extKeyUsage"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.2, Table 7",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, e := range c.Extensions {
			if e.ID != oidAuthorityKeyID && e.ID != oidExtKeyUsage {
				report(place(e.ID), "extension %s is present", e.ID)
			}
		}
	},
}
