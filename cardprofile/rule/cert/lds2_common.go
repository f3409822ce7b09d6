package cert

import (
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The subject's commonName has nine characters at most.
var lds2Common = Rule{
	About: lint.About{
		ID: "cert.lds2.common", Severity: lint.Error, Kinds: only(lint.LDS2Signer),
		Title:    lint.Text("The subject's commonName has nine characters at most", "commonName của chủ thể dài nhất chín ký tự"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, a := range c.Subject.Get(der.CommonName) {
			if utf8.RuneCount(a.Value) > 9 {
				report("subject", "it has %d", utf8.RuneCount(a.Value))
			}
		}
	},
}
