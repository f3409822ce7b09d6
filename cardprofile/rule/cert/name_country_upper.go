package cert

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A countryName is in upper case.
var nameCountryUpper = Rule{
	About: lint.About{
		ID: "cert.name.country.upper", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A countryName is in upper case", "countryName viết hoa"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.named(func(where string, n der.Name) {
			for _, a := range n.Get(der.CountryName) {
				if !bytes.Equal(bytes.ToUpper(a.Value), a.Value) {
					report(where, "it is not")
				}
			}
		})
	},
}
