package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// basicConstraints has a pathLenConstraint.
var bcPath = Rule{
	About: lint.About{
		ID: "cert.bc.pathlen", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("basicConstraints has a pathLenConstraint", "basicConstraints có pathLenConstraint"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if b, ok := c.basicConstraints(); ok && b.path == nil {
			report(place(oidBasicConstraints), "it has none")
		}
	},
}
