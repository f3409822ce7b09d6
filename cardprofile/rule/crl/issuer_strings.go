package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Attributes of the issuer with the syntax DirectoryString are PrintableString or UTF8String.
var issuerStrings = Rule{
	About: lint.About{
		ID: "crl.issuer.strings", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Attributes of the issuer with the syntax DirectoryString are PrintableString or UTF8String", "Thuộc tính DirectoryString của bên phát hành là PrintableString hoặc UTF8String"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		for _, a := range l.Issuer.Attributes {
			if a.DirectoryString() && a.Tag != der.PrintableString && a.Tag != der.UTF8String {
				report("issuer", "attribute %s has the tag %s", a.Type, a.Tag)
			}
		}
	},
}
