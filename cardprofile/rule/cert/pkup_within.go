package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The private key is used inside the validity of the certificate.
var pkupWithin = Rule{
	About: lint.About{
		ID: "cert.pkup.within", Severity: lint.Warning, Kinds: table6,
		Title:    lint.Text("The private key is used inside the validity of the certificate", "Khóa riêng được dùng trong thời hạn của chứng thư"),
		Citation: "Doc 9303-12 (8th ed.), 4.1, Table 1",
	},
	Check: func(c *Certificate, report lint.Report) {
		from, to := c.PrivateKeyUsage()
		if !from.IsZero() && from.Before(c.issuedAt) || !to.IsZero() && !c.endsAt.IsZero() && to.After(c.endsAt) {
			report(place(oidPrivateKeyUsage), "the period reaches beyond it")
		}
	},
}
