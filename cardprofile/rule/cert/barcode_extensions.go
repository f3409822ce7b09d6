package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A bar code signer has no extensions but authorityKeyIdentifier, documentTypeList and extKeyUsage.
var barCodeExtensions = Rule{
	About: lint.About{
		ID: "cert.barcode.extensions", Severity: lint.Error, Kinds: only(lint.BarCodeSigner),
		Title:    lint.Text("A bar code signer has no extensions but authorityKeyIdentifier, documentTypeList and extKeyUsage", "Bên ký mã vạch chỉ có authorityKeyIdentifier, documentTypeList và extKeyUsage"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.3, Table 8",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, e := range c.Extensions {
			if e.ID != oidAuthorityKeyID && e.ID != oidExtKeyUsage && e.ID != oidDocumentTypes {
				report(place(e.ID), "extension %s is present", e.ID)
			}
		}
	},
}
