package crl

import (
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The next CRL is due within 90 days.
var period = Rule{
	About: lint.About{
		ID: "crl.period", Severity: lint.Warning, Kinds: kinds,
		Title:    lint.Text("The next CRL is due within 90 days", "CRL kế tiếp phát hành trong vòng 90 ngày"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.5",
	},
	Check: func(l *List, report lint.Report) {
		this, ok := l.ThisUpdate.When()
		next, ok2 := l.NextUpdate.When()
		if days := int(next.Sub(this) / (24 * time.Hour)); ok && ok2 && days > 90 {
			report("nextUpdate", "in %d days", days)
		}
	},
}
