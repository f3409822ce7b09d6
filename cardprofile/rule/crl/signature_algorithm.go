package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signature algorithm is RSA, DSA or ECDSA.
var signatureAlgorithm = Rule{
	About: lint.About{
		ID: "crl.signature.algorithm", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The signature algorithm is RSA, DSA or ECDSA", "Thuật toán ký là RSA, DSA hoặc ECDSA"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6",
	},
	Check: func(l *List, report lint.Report) {
		if f, _ := l.Inner.Signature(); f == der.Unknown {
			report("signature", "%s", l.Inner.OID)
		}
	},
}
