package cert

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Private extensions, those of national or internet use, are not critical.
var extensionsPrivate = Rule{
	About: lint.About{
		ID: "cert.extensions.private", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Private extensions, those of national or internet use, are not critical", "Phần mở rộng riêng không được đánh dấu quan trọng (critical)"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, e := range c.Extensions {
			if e.Critical && (!strings.HasPrefix(e.ID, "2.5.29.") && !strings.HasPrefix(e.ID, "2.23.136.1.1.6.")) {
				report(place(e.ID), "extension %s is critical", e.ID)
			}
		}
	},
}
