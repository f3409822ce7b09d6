package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The subject has no attributes but countryName and commonName.
var smallSubject = Rule{
	About: lint.About{
		ID: "cert.subject.attributes", Severity: lint.Error, Kinds: small,
		Title:    lint.Text("The subject has no attributes but countryName and commonName", "Chủ thể chỉ có countryName và commonName"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.2 and 7.1.3",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, a := range c.Subject.Attributes {
			if a.Type != der.CountryName && a.Type != der.CommonName {
				report("subject", "it has %s", a.Type)
			}
		}
	},
}
