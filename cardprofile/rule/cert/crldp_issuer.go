package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Distribution points have no cRLIssuer.
var crldpIssuer = Rule{
	About: lint.About{
		ID: "cert.crldp.issuer", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("Distribution points have no cRLIssuer", "Điểm phân phối không có cRLIssuer"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, p := range c.points() {
			for _, n := range p {
				if n.Tag == 0xa2 {
					report(place(oidCRLPoints), "one has")
				}
			}
		}
	},
}
