package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Entries have no reasonCode.
var entryReason = Rule{
	About: lint.About{
		ID: "crl.entry.reason", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Entries have no reasonCode", "Các mục không có reasonCode"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: entriesWithout(oidReason),
}
