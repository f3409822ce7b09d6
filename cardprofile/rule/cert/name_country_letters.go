package cert

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A countryName is a code of two letters.
var nameCountryLetters = Rule{
	About: lint.About{
		ID: "cert.name.country.letters", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A countryName is a code of two letters", "countryName là mã hai chữ cái"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.1.1; Doc 9303-3 (8th ed.), 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.named(func(where string, n der.Name) {
			for _, a := range n.Get(der.CountryName) {
				if !der.Upper(bytes.ToUpper(a.Value), 2, 2) {
					report(where, "it has %d octets, or others than letters", len(a.Value))
				}
			}
		})
	},
}
