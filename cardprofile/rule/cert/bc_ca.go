package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// basicConstraints has cA.
var bcCA = Rule{
	About: lint.About{
		ID: "cert.bc.ca", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("basicConstraints has cA", "basicConstraints có cA"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(oidBasicConstraints); ok {
			if b, ok := c.basicConstraints(); !ok || !b.ca {
				report(place(oidBasicConstraints), "it has not, or cannot be read")
			}
		}
	},
}
