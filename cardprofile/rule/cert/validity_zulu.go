package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Times end with Z.
var validityZulu = Rule{
	About: lint.About{
		ID: "cert.validity.zulu", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Times end with Z", "Thời điểm kết thúc bằng Z"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.timed(func(where string, t der.Time) {
			if !t.Zulu() {
				report(where, "it does not")
			}
		})
	},
}
