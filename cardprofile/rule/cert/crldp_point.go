package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Each distribution point names where the CRL is.
var crldpPoint = Rule{
	About: lint.About{
		ID: "cert.crldp.point", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("Each distribution point names where the CRL is", "Mỗi điểm phân phối cho biết nơi có CRL"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and 7.1.1.4",
	},
	Check: func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(oidCRLPoints); !ok {
			return
		}
		points := c.points()
		if len(points) == 0 {
			report(place(oidCRLPoints), "there is no point")
		}
		for _, p := range points {
			if len(pointNames(p)) == 0 {
				report(place(oidCRLPoints), "a point has no distributionPoint with a name")
			}
		}
	},
}
