package cert

import (
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A SPOC server's subjectAltName has a DNS name.
var spocDNS = Rule{
	About: lint.About{
		ID: "cert.spoc.dns", Severity: lint.Error, Kinds: only(lint.Communication),
		Title:    lint.Text("A SPOC server's subjectAltName has a DNS name", "subjectAltName của máy chủ SPOC có tên miền"),
		Citation: "Doc 9303-12 (8th ed.), 7.2.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		if !slices.Contains(c.extendedKeyUsage(), oidSPOCServer) {
			return
		}
		parts, _, _ := c.sequence(oidSubjectAltName)
		if !slices.ContainsFunc(parts, func(n tlv.Node) bool { return n.Tag == nameDNS }) {
			report(place(oidSubjectAltName), "there is none")
		}
	},
}
