package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The version is v2.
var version = Rule{
	About: lint.About{
		ID: "crl.version", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The version is v2", "Phiên bản là v2"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		if !der.Is(l.Version, 1) {
			report("version", "it is coded %x", l.Version)
		}
	},
}
