package cert

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Issuer and subject have the same countryName.
var nameCountryMatch = Rule{
	About: lint.About{
		ID: "cert.name.country.match", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Issuer and subject have the same countryName", "Bên cấp và chủ thể có cùng countryName"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		issuer, subject := c.Issuer.Get(der.CountryName), c.Subject.Get(der.CountryName)
		if len(issuer) > 0 && len(subject) > 0 && !bytes.EqualFold(issuer[0].Value, subject[0].Value) {
			report("subject", "the countries differ")
		}
	},
}
