package cert

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The subject's commonName is a PrintableString of two capitals.
var barCodeCommon = Rule{
	About: lint.About{
		ID: "cert.barcode.common", Severity: lint.Error, Kinds: only(lint.BarCodeSigner),
		Title:    lint.Text("The subject's commonName is a PrintableString of two capitals", "commonName của chủ thể là PrintableString hai chữ in hoa"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.3",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, a := range c.Subject.Get(der.CommonName) {
			if a.Tag != der.PrintableString || len(a.Value) != 2 || !bytes.Equal(bytes.ToUpper(a.Value), a.Value) {
				report("subject", "it is not")
			}
		}
	},
}
