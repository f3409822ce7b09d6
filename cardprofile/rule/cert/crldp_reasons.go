package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Distribution points have no reasons.
var crldpReasons = Rule{
	About: lint.About{
		ID: "cert.crldp.reasons", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("Distribution points have no reasons", "Điểm phân phối không có reasons"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, p := range c.points() {
			for _, n := range p {
				if n.Tag == 0x81 {
					report(place(oidCRLPoints), "one has")
				}
			}
		}
	},
}
