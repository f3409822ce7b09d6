package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A Document Signer has documentTypeList.
var typesPresent = Rule{
	About: lint.About{
		ID: "cert.documenttypes", Severity: lint.Error, Kinds: only(lint.DS), Earlier: true,
		Title:    lint.Text("A Document Signer has documentTypeList", "Document Signer có documentTypeList"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6 and 7.1.1.6",
	},
	Check: present(oidDocumentTypes),
}
