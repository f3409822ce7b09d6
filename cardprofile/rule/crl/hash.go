package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signature uses SHA-224, SHA-256, SHA-384 or SHA-512.
var hash = Rule{
	About: lint.About{
		ID: "crl.hash", Severity: lint.Error, Kinds: kinds, Earlier: true,
		Title:    lint.Text("The signature uses SHA-224, SHA-256, SHA-384 or SHA-512", "Chữ ký dùng SHA-224, SHA-256, SHA-384 hoặc SHA-512"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.4",
	},
	Check: func(l *List, report lint.Report) {
		if f, h := l.Inner.Signature(); f != der.Unknown && !der.Permitted(h) {
			report("signature", "%s signs another digest", l.Inner.OID)
		}
	},
}
