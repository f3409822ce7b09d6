package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectKeyIdentifier is present.
var skiPresent = Rule{
	About: lint.About{
		ID: "cert.ski", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("subjectKeyIdentifier is present", "Có subjectKeyIdentifier"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: present(oidSubjectKeyID),
}
