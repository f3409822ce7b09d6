package crl

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The issuer's countryName is in upper case.
var issuerUpper = Rule{
	About: lint.About{
		ID: "crl.issuer.upper", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The issuer's countryName is in upper case", "countryName của bên phát hành viết hoa"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		for _, a := range l.Issuer.Get(der.CountryName) {
			if !bytes.Equal(bytes.ToUpper(a.Value), a.Value) {
				report("issuer", "it is not")
			}
		}
	},
}
