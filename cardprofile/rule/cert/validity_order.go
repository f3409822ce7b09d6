package cert

import (
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The validity begins before it ends.
var validityOrder = Rule{
	About: lint.About{
		ID: "cert.validity.order", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The validity begins before it ends", "Thời hạn bắt đầu trước khi kết thúc"),
		Citation: "Doc 9303-12 (8th ed.), 4.1; RFC 5280, 4.1.2.5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if !c.issuedAt.IsZero() && !c.endsAt.IsZero() && !c.issuedAt.Before(c.endsAt) {
			report("validity", "it ends %s, and begins %s", c.endsAt.Format(time.DateOnly), c.issuedAt.Format(time.DateOnly))
		}
	},
}
