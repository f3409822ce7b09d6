package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Issuer and subject have a countryName.
var nameCountry = Rule{
	About: lint.About{
		ID: "cert.name.country", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Issuer and subject have a countryName", "Bên cấp và chủ thể có countryName"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.1.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.named(func(where string, n der.Name) {
			if len(n.Get(der.CountryName)) == 0 {
				report(where, "there is none")
			}
		})
	},
}
