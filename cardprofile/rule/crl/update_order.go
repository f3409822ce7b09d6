package crl

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// nextUpdate is after thisUpdate.
var updateOrder = Rule{
	About: lint.About{
		ID: "crl.update.order", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("nextUpdate is after thisUpdate", "nextUpdate sau thisUpdate"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.5; RFC 5280, 5.1.2.5",
	},
	Check: func(l *List, report lint.Report) {
		this, ok := l.ThisUpdate.When()
		next, ok2 := l.NextUpdate.When()
		if ok && ok2 && !this.Before(next) {
			report("nextUpdate", "it is not")
		}
	},
}
