package signed

import (
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signing time lies in the period in which the signer's private key is used.
var signerPeriod = Rule{
	About: lint.About{
		ID: "signed.signer.period", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The signing time lies in the period in which the signer's private key is used", "Thời điểm ký nằm trong thời gian sử dụng khóa riêng của bên ký"),
		Citation: "Doc 9303-12 (8th ed.), 4.1 and Table 1",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			c := o.Signer(s)
			if c == nil || s.SigningTime.IsZero() {
				return
			}
			from, to := c.PrivateKeyUsage()
			if !from.IsZero() && s.SigningTime.Before(from) || !to.IsZero() && s.SigningTime.After(to) {
				report("signerInfo.signedAttrs", "it is %s", s.SigningTime.Format(time.DateOnly))
			}
		})
	},
}
