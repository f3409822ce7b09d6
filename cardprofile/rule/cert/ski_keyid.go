package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectKeyIdentifier holds an identifier.
var skiKeyID = Rule{
	About: lint.About{
		ID: "cert.ski.keyid", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("subjectKeyIdentifier holds an identifier", "subjectKeyIdentifier chứa định danh khóa"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(oidSubjectKeyID); ok && c.subjectKeyID() == nil {
			report(place(oidSubjectKeyID), "it is empty or no OCTET STRING")
		}
	},
}
