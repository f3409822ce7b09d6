package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The CRL has all fields of tbsCertList, in order, signatureAlgorithm and signatureValue.
var structure = Rule{
	About: lint.About{
		ID: "crl.structure", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The CRL has all fields of tbsCertList, in order, signatureAlgorithm and signatureValue", "CRL có đủ các trường của tbsCertList, đúng thứ tự, signatureAlgorithm và signatureValue"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		if l.problem != "" {
			report("CRL", "%s", l.problem)
		}
	},
}
