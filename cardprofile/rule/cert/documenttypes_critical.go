package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// documentTypeList is not critical.
var typesUncritical = Rule{
	About: lint.About{
		ID: "cert.documenttypes.critical", Severity: lint.Error, Kinds: only(lint.DS, lint.BarCodeSigner),
		Title:    lint.Text("documentTypeList is not critical", "documentTypeList không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.6",
	},
	Check: uncritical(oidDocumentTypes),
}
