package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Alternative names hold names.
var altNameReadable = Rule{
	About: lint.About{
		ID: "cert.altname", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("Alternative names hold names", "Tên thay thế chứa tên"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2; RFC 5280, 4.2.1.6",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, id := range []string{oidSubjectAltName, oidIssuerAltName} {
			if parts, present, ok := c.sequence(id); present && (!ok || len(parts) == 0) {
				report(place(id), "it is empty or cannot be read")
			}
		}
	},
}
