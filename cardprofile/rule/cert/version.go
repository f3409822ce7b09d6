package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The version is v3.
var version = Rule{
	About: lint.About{
		ID: "cert.version", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The version is v3", "Phiên bản là v3"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if !der.Is(c.Version, 2) {
			report("version", "it is coded %x", c.Version)
		}
	},
}
