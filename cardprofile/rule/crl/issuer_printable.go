package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The issuer's countryName is a PrintableString.
var issuerPrintable = Rule{
	About: lint.About{
		ID: "crl.issuer.printable", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The issuer's countryName is a PrintableString", "countryName của bên phát hành là PrintableString"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		for _, a := range l.Issuer.Get(der.CountryName) {
			if a.Tag != der.PrintableString {
				report("issuer", "it has the tag %s", a.Tag)
			}
		}
	},
}
