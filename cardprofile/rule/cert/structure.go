package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The certificate has all fields of tbsCertificate, in order, signatureAlgorithm and signatureValue.
var structure = Rule{
	About: lint.About{
		ID: "cert.structure", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The certificate has all fields of tbsCertificate, in order, signatureAlgorithm and signatureValue", "Chứng thư có đủ các trường của tbsCertificate, đúng thứ tự, signatureAlgorithm và signatureValue"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if c.problem != "" {
			report("certificate", "%s", c.problem)
		}
	},
}
