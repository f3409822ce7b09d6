package cert

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A document code is a PrintableString of one or two characters, as in the MRZ.
var typesCode = Rule{
	About: lint.About{
		ID: "cert.documenttypes.code", Severity: lint.Error, Kinds: only(lint.DS, lint.BarCodeSigner),
		Title:    lint.Text("A document code is a PrintableString of one or two characters, as in the MRZ", "Mã loại giấy tờ là PrintableString một hoặc hai ký tự như trong MRZ"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.6",
	},
	Check: func(c *Certificate, report lint.Report) {
		_, types, _ := c.documentTypes()
		for _, t := range types {
			if t.Tag != der.PrintableString || !der.Upper(bytes.ReplaceAll(t.Value, []byte("<"), nil), 1, 2) || len(t.Value) > 2 {
				report(place(oidDocumentTypes), "one is not")
			}
		}
	},
}
