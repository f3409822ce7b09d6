package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectKeyIdentifier is not critical.
var skiUncritical = Rule{
	About: lint.About{
		ID: "cert.ski.critical", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("subjectKeyIdentifier is not critical", "subjectKeyIdentifier không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidSubjectKeyID),
}
