package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// RSASSA-PSS has parameters that RFC 4055 allows.
var pssParameters = Rule{
	About: lint.About{
		ID: "signed.pss.parameters", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("RSASSA-PSS has parameters that RFC 4055 allows", "RSASSA-PSS có tham số theo RFC 4055"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.1; RFC 4055, 3.1",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if _, ok := algorithm(s.SignatureAlgorithm).PSS(); s.SignatureAlgorithm.OID == der.OIDPSS && !ok {
				report("signerInfo.signatureAlgorithm", "they are absent or others")
			}
		})
	},
}
