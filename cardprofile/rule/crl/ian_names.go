package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// issuerAltName holds names that the CSCA had before.
var ianNames = Rule{
	About: lint.About{
		ID: "crl.ian.names", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("issuerAltName holds names that the CSCA had before", "issuerAltName chứa các tên trước đây của CSCA"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10, Note 1",
	},
	Check: func(l *List, report lint.Report) {
		e, ok := l.extension(oidIssuerAltName)
		if !ok {
			return
		}
		names, readable := der.Parts(e.Value, der.Sequence)
		if !readable || len(names) == 0 {
			report(place(oidIssuerAltName), "it is empty or cannot be read")
		}
		for _, n := range names {
			if _, ok := der.ReadName(n.Value); n.Tag != 0xa4 || !ok {
				report(place(oidIssuerAltName), "a value is no directoryName, so no issuer's name")
			}
		}
	},
}
