package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A link certificate with a new name has nameChange.
var nameChangeLink = Rule{
	About: lint.About{
		ID: "cert.namechange", Severity: lint.Error, Kinds: only(lint.Link), Earlier: true,
		Title:    lint.Text("A link certificate with a new name has nameChange", "Chứng thư liên kết có tên mới thì có nameChange"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(oidNameChange); !ok && !c.selfIssued() {
			report("extensions", "issuer and subject differ, and extension %s is missing", oidNameChange)
		}
	},
}
