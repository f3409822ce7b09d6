package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The pathLenConstraint is 0.
var bcPathZero = Rule{
	About: lint.About{
		ID: "cert.bc.pathlen.zero", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("The pathLenConstraint is 0", "pathLenConstraint bằng 0"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and 7.1.1.5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if b, ok := c.basicConstraints(); ok && b.path != nil && !der.Is(b.path, 0) {
			report(place(oidBasicConstraints), "it is coded %x", b.path)
		}
	},
}
