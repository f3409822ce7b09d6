package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectAltName is not critical.
var sanUncritical = Rule{
	About: lint.About{
		ID: "cert.san.critical", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("subjectAltName is not critical", "subjectAltName không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: uncritical(oidSubjectAltName),
}
