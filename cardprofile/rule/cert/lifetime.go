package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The certificate outlives the use of its private key, by the life of what was signed.
var lifetime = Rule{
	About: lint.About{
		ID: "cert.lifetime", Severity: lint.Error, Kinds: periods,
		Title:    lint.Text("The certificate outlives the use of its private key, by the life of what was signed", "Chứng thư còn hiệu lực sau khi khóa riêng ngừng dùng, bằng thời hạn của những gì đã ký"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.1.1 and 4.1.4.1",
	},
	Check: func(c *Certificate, report lint.Report) {
		if _, to := c.PrivateKeyUsage(); !to.IsZero() && !c.endsAt.IsZero() && !to.Before(c.endsAt) {
			report("validity.notAfter", "it ends with the private key's use, or before")
		}
	},
}
