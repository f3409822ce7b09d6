package crl

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// signature and signatureAlgorithm are the same.
var signatureSame = Rule{
	About: lint.About{
		ID: "crl.signature.same", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("signature and signatureAlgorithm are the same", "signature và signatureAlgorithm giống nhau"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		if !bytes.Equal(l.Inner.Raw, l.Outer.Raw) {
			report("signatureAlgorithm", "%s inside, %s outside the signed part", l.Inner.OID, l.Outer.OID)
		}
	},
}
