package crl

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The issuer has a countryName, a code of two letters.
var issuerCountry = Rule{
	About: lint.About{
		ID: "crl.issuer.country", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The issuer has a countryName, a code of two letters", "Bên phát hành có countryName là mã hai chữ cái"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.1.1 and 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		country := l.Issuer.Get(der.CountryName)
		if len(country) == 0 || !der.Upper(bytes.ToUpper(country[0].Value), 2, 2) {
			report("issuer", "there is none, or another code")
		}
	},
}
