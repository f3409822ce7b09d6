package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Default values of extensions are not encoded.
var extensionsDefault = Rule{
	About: lint.About{
		ID: "cert.extensions.default", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Default values of extensions are not encoded", "Không mã hóa giá trị mặc định trong phần mở rộng"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, e := range c.Extensions {
			if e.Spelled && !e.Critical {
				report(place(e.ID), "critical is written out as false")
			}
		}
		if b, _ := c.basicConstraints(); b.caWrong {
			report(place(oidBasicConstraints), "cA is written out as false")
		}
	},
}
