package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The certificate has extensions.
var extensionsPresent = Rule{
	About: lint.About{
		ID: "cert.extensions", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The certificate has extensions", "Chứng thư có phần mở rộng"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if len(c.Extensions) == 0 {
			report("extensions", "there are none")
		}
	},
}
