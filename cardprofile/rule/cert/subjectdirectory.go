package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// subjectDirectoryAttributes is absent.
var subjectDirectory = Rule{
	About: lint.About{
		ID: "cert.subjectdirectory", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("subjectDirectoryAttributes is absent", "Không có subjectDirectoryAttributes"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: absent(oidSubjectDirectory),
}
