package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The localityName is an ICAO code as in the MRZ: one to three capitals.
var altNameLocality = Rule{
	About: lint.About{
		ID: "cert.altname.locality", Severity: lint.Error, Kinds: table6,
		Title:    lint.Text("The localityName is an ICAO code as in the MRZ: one to three capitals", "localityName là mã ICAO như trong MRZ: một đến ba chữ in hoa"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.directories(func(where string, n der.Name) {
			for _, a := range n.Get(der.LocalityName) {
				if !der.Upper(a.Value, 1, 3) {
					report(where, "it is not")
				}
			}
		})
	},
}
