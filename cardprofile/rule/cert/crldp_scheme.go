package cert

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A distribution point is an ldap, http or https URL.
var crldpScheme = Rule{
	About: lint.About{
		ID: "cert.crldp.scheme", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("A distribution point is an ldap, http or https URL", "Điểm phân phối là URL ldap, http hoặc https"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, p := range c.points() {
			for _, n := range pointNames(p) {
				scheme, _, _ := strings.Cut(strings.ToLower(string(n.Value)), "://")
				if n.Tag != nameURI || scheme != "http" && scheme != "https" && scheme != "ldap" {
					report(place(oidCRLPoints), "a point is none")
				}
			}
		}
	},
}
