package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// CSCAs and Document Signers have no extKeyUsage.
var ekuAbsent = Rule{
	About: lint.About{
		ID: "cert.eku.absent", Severity: lint.Error, Kinds: periods,
		Title:    lint.Text("CSCAs and Document Signers have no extKeyUsage", "CSCA và Document Signer không có extKeyUsage"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: absent(oidExtKeyUsage),
}
