package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectUniqueID is absent.
var subjectUniqueID = Rule{
	About: lint.About{
		ID: "cert.uniqueid.subject", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("subjectUniqueID is absent", "Không có subjectUniqueID"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if c.SubjectUniqueID {
			report("subjectUniqueID", "it is present")
		}
	},
}
