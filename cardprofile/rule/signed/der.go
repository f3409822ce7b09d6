package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The object is in DER.
var inDER = Rule{
	About: lint.About{
		ID: "signed.der", Severity: lint.Error, Kinds: append(only(lint.SOD), lists...),
		Title:    lint.Text("The object is in DER", "Đối tượng mã hóa theo DER"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.2; Doc 9303-12 (8th ed.), 9 and 10",
	},
	Check: func(o *Object, report lint.Report) {
		for _, n := range der.StrictTo(o.CMS, 14) {
			report("ContentInfo", "%s", n)
		}
		o.deviated("cms.signedattrs.order", func(text string) { report("signedAttrs", "%s", text) })
	},
}
