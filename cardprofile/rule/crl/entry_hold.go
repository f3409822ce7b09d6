package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Entries have no holdInstructionCode.
var entryHold = Rule{
	About: lint.About{
		ID: "crl.entry.hold", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Entries have no holdInstructionCode", "Các mục không có holdInstructionCode"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: entriesWithout(oidHold),
}
