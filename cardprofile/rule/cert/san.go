package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectAltName is present.
var sanPresent = Rule{
	About: lint.About{
		ID: "cert.san", Severity: lint.Error, Kinds: table6, Earlier: true,
		Title:    lint.Text("subjectAltName is present", "Có subjectAltName"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: present(oidSubjectAltName),
}
