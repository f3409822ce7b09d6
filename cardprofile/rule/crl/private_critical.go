package crl

import (
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Other extensions, of the list and of its entries, are not critical.
var privateUncritical = Rule{
	About: lint.About{
		ID: "crl.private.critical", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Other extensions, of the list and of its entries, are not critical", "Phần mở rộng khác của danh sách và của từng mục không phải loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: func(l *List, report lint.Report) {
		for _, e := range append(slices.Clone(l.Extensions), l.entries...) {
			if e.Critical && !strings.HasPrefix(e.ID, "2.5.29.") {
				report(place(e.ID), "extension %s is critical", e.ID)
			}
		}
	},
}
