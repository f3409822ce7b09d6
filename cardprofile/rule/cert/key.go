package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectPublicKeyInfo holds a key.
var keyReadable = Rule{
	About: lint.About{
		ID: "cert.key", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("subjectPublicKeyInfo holds a key", "subjectPublicKeyInfo chứa khóa"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if !c.key().ok {
			report("subjectPublicKeyInfo", "it cannot be read")
		}
	},
}
