package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// nameChange is NULL.
var nameChangeNull = Rule{
	About: lint.About{
		ID: "cert.namechange.null", Severity: lint.Error, Kinds: authorities,
		Title:    lint.Text("nameChange is NULL", "nameChange là NULL"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if e, ok := c.extension(oidNameChange); ok && string(e.Value) != "\x05\x00" {
			report(place(oidNameChange), "it is %x", e.Value[:min(len(e.Value), 16)])
		}
	},
}
