package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The stateOrProvinceName is an ICAO code of three letters.
var altNameState = Rule{
	About: lint.About{
		ID: "cert.altname.state", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("The stateOrProvinceName is an ICAO code of three letters", "stateOrProvinceName là mã ICAO ba chữ cái"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.directories(func(where string, n der.Name) {
			for _, a := range n.Get(der.StateOrProvince) {
				if !der.Upper(a.Value, 3, 3) {
					report(where, "it is not")
				}
			}
		})
	},
}
