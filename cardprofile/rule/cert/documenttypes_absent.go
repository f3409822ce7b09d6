package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// documentTypeList is in no other certificate of Table 6.
var typesAbsent = Rule{
	About: lint.About{
		ID: "cert.documenttypes.absent", Severity: lint.Error, Kinds: append(authorities, lint.MLSigner, lint.DLSigner, lint.Communication),
		Title:    lint.Text("documentTypeList is in no other certificate of Table 6", "Chứng thư khác trong Bảng 6 không có documentTypeList"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: absent(oidDocumentTypes),
}
