package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A serialNumber in the issuer's name is a PrintableString.
var issuerSerial = Rule{
	About: lint.About{
		ID: "crl.issuer.serial", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A serialNumber in the issuer's name is a PrintableString", "serialNumber trong tên bên phát hành là PrintableString"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		for _, a := range l.Issuer.Get(der.SerialNumber) {
			if a.Tag != der.PrintableString {
				report("issuer", "it has the tag %s", a.Tag)
			}
		}
	},
}
