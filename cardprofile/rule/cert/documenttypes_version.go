package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// documentTypeList is of version 0 with a set of document codes.
var typesVersion = Rule{
	About: lint.About{
		ID: "cert.documenttypes.version", Severity: lint.Error, Kinds: only(lint.DS, lint.BarCodeSigner),
		Title:    lint.Text("documentTypeList is of version 0 with a set of document codes", "documentTypeList phiên bản 0, chứa tập mã loại giấy tờ"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(oidDocumentTypes); ok {
			if version, types, ok := c.documentTypes(); !ok || !der.Is(version, 0) || len(types) == 0 {
				report(place(oidDocumentTypes), "the version is another, or there is no set with a code in it")
			}
		}
	},
}
