package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A countryName is a PrintableString.
var nameCountryPrintable = Rule{
	About: lint.About{
		ID: "cert.name.country.printable", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A countryName is a PrintableString", "countryName là PrintableString"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.named(func(where string, n der.Name) {
			for _, a := range n.Get(der.CountryName) {
				if a.Tag != der.PrintableString {
					report(where, "it has the tag %s", a.Tag)
				}
			}
		})
	},
}
