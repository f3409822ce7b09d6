package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// authorityKeyIdentifier has a keyIdentifier.
var akiKeyID = Rule{
	About: lint.About{
		ID: "crl.aki.keyid", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("authorityKeyIdentifier has a keyIdentifier", "authorityKeyIdentifier có keyIdentifier"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: func(l *List, report lint.Report) {
		if _, ok := l.extension(oidKeyID); ok && l.AuthorityKeyID() == nil {
			report(place(oidKeyID), "it has none, or cannot be read")
		}
	},
}
