package crl

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Default values of extensions are not encoded.
var extensionsDefault = Rule{
	About: lint.About{
		ID: "crl.extensions.default", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Default values of extensions are not encoded", "Không mã hóa giá trị mặc định trong phần mở rộng"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		for _, e := range append(slices.Clone(l.Extensions), l.entries...) {
			if e.Spelled && !e.Critical {
				report(place(e.ID), "critical is written out as false")
			}
		}
	},
}
