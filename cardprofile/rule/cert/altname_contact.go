package cert

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Alternative names have contact information: an e-mail address, a DNS name or a URI.
var altNameContact = Rule{
	About: lint.About{
		ID: "cert.altname.contact", Severity: lint.Warning, Kinds: table6,
		Title:    lint.Text("Alternative names have contact information: an e-mail address, a DNS name or a URI", "Tên thay thế có thông tin liên hệ: thư điện tử, tên miền hoặc URI"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.altNames(func(where string, names []tlv.Node) {
			for _, n := range names {
				if n.Tag == nameEmail || n.Tag == nameDNS || n.Tag == nameURI {
					return
				}
			}
			report(where, "there is none")
		})
	},
}
