package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Data groups are hashed with SHA-224, SHA-256, SHA-384 or SHA-512.
var sodHash = Rule{
	About: lint.About{
		ID: "sod.hash", Severity: lint.Error, Kinds: only(lint.SOD), Earlier: true,
		Title:    lint.Text("Data groups are hashed with SHA-224, SHA-256, SHA-384 or SHA-512", "Nhóm dữ liệu được băm bằng SHA-224, SHA-256, SHA-384 hoặc SHA-512"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.4",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && !der.Permitted(s.Hash.Hash()) {
			report("LDSSecurityObject.hashAlgorithm", "with %s", s.Hash.OID)
		}
	},
}
