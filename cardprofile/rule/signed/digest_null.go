package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Digest algorithms have no NULL parameters.
var digestNull = Rule{
	About: lint.About{
		ID: "signed.digest.null", Severity: lint.Error, Kinds: nulls,
		Title:    lint.Text("Digest algorithms have no NULL parameters", "Thuật toán băm không có tham số NULL"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3, Note 2; Doc 9303-12 (8th ed.), 9.1, Note",
	},
	Check: func(o *Object, report lint.Report) {
		for _, a := range o.Signed.DigestAlgorithms {
			if a.Params != nil {
				report("digestAlgorithms", "%s has", a.OID)
			}
		}
		o.each(func(s *cms.SignerInfo) {
			if s.DigestAlgorithm.Params != nil {
				report("signerInfo.digestAlgorithm", "%s has", s.DigestAlgorithm.OID)
			}
		})
	},
}
