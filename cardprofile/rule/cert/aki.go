package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// authorityKeyIdentifier is present.
var akiPresent = Rule{
	About: lint.About{
		ID: "cert.aki", Severity: lint.Error, Kinds: append(only(lint.Link, lint.Communication), append(signers, small...)...),
		Title:    lint.Text("authorityKeyIdentifier is present", "Có authorityKeyIdentifier"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: present(oidAuthorityKeyID),
}
