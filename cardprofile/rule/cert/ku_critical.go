package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// keyUsage is critical.
var kuCritical = Rule{
	About: lint.About{
		ID: "cert.ku.critical", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("keyUsage is critical", "keyUsage là loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: critical(oidKeyUsage),
}
