package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The Netscape certificate type is absent.
var netscape = Rule{
	About: lint.About{
		ID: "cert.netscape", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("The Netscape certificate type is absent", "Không có Netscape certificate type"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and Note 4",
	},
	Check: absent(oidNetscapeType),
}
