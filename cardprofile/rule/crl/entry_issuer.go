package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Entries have no certificateIssuer.
var entryIssuer = Rule{
	About: lint.About{
		ID: "crl.entry.issuer", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Entries have no certificateIssuer", "Các mục không có certificateIssuer"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: entriesWithout(oidEntryIssuer),
}
