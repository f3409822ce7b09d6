package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The private internet extensions, access to information, are not critical.
var internetUncritical = Rule{
	About: lint.About{
		ID: "cert.internet.critical", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("The private internet extensions, access to information, are not critical", "Phần mở rộng internet riêng không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and Note 3",
	},
	Check: uncritical(oidAuthorityAccess, oidSubjectAccess),
}
