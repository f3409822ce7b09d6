package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The certificate is in DER.
var inDER = Rule{
	About: lint.About{
		ID: "cert.der", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The certificate is in DER", "Chứng thư mã hóa theo DER"),
		Citation: "Doc 9303-12 (8th ed.), 7.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, n := range der.Strict(c.Raw) {
			report("certificate", "%s", n)
		}
		for _, e := range c.Extensions {
			if e.ID[0] == '2' { // those whose value is known to be DER
				for _, n := range der.Strict(e.Value) {
					report(place(e.ID), "%s", n)
				}
			}
		}
	},
}
