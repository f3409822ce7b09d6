package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// keyUsage is present.
var kuPresent = Rule{
	About: lint.About{
		ID: "cert.ku", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("keyUsage is present", "Có keyUsage"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: present(oidKeyUsage),
}
