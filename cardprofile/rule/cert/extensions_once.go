package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Each extension occurs once.
var extensionsOnce = Rule{
	About: lint.About{
		ID: "cert.extensions.once", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Each extension occurs once", "Mỗi phần mở rộng chỉ xuất hiện một lần"),
		Citation: "Doc 9303-12 (8th ed.), 7.1; RFC 5280, 4.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		seen := map[string]bool{}
		for _, e := range c.Extensions {
			if seen[e.ID] {
				report(place(e.ID), "it occurs again")
			}
			seen[e.ID] = true
		}
	},
}
