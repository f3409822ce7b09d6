package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Entries have no invalidityDate.
var entryInvalidity = Rule{
	About: lint.About{
		ID: "crl.entry.invalidity", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Entries have no invalidityDate", "Các mục không có invalidityDate"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: entriesWithout(oidInvalidity),
}
