package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A communication certificate's keyUsage has no bits but digitalSignature, keyEncipherment and keyAgreement.
var kuCommunication = Rule{
	About: lint.About{
		ID: "cert.ku.communication", Severity: lint.Error, Kinds: only(lint.Communication),
		Title:    lint.Text("A communication certificate's keyUsage has no bits but digitalSignature, keyEncipherment and keyAgreement", "keyUsage của chứng thư truyền thông chỉ có digitalSignature, keyEncipherment và keyAgreement"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if u, _ := c.keyUsage(); u&^(digitalSignature|keyEncipherment|keyAgreement) != 0 {
			report(place(oidKeyUsage), "it has %s", u&^(digitalSignature|keyEncipherment|keyAgreement))
		}
	},
}
