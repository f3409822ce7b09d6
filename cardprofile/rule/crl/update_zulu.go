package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times end with Z.
var updateZulu = Rule{
	About: lint.About{
		ID: "crl.update.zulu", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Times end with Z", "Thời điểm kết thúc bằng Z"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 9",
	},
	Check: func(l *List, report lint.Report) {
		l.timed(func(where string, t der.Time) {
			if !t.Zulu() {
				report(where, "it does not")
			}
		})
	},
}
