package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// revokedCertificates is absent rather than empty.
var revokedEmpty = Rule{
	About: lint.About{
		ID: "crl.revoked.empty", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("revokedCertificates is absent rather than empty", "Không có revokedCertificates rỗng"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		if l.HasRevoked && len(l.Revoked) == 0 {
			report("revokedCertificates", "it is empty")
		}
	},
}
