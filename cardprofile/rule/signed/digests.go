package signed

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// digestAlgorithms names the signers' digest algorithms.
var digestAlgorithms = Rule{
	About: lint.About{
		ID: "signed.digests", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("digestAlgorithms names the signers' digest algorithms", "digestAlgorithms nêu thuật toán băm của các bên ký"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19; RFC 5652, 5.1",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if !slices.ContainsFunc(o.Signed.DigestAlgorithms, func(a cms.Algorithm) bool { return a.OID == s.DigestAlgorithm.OID }) {
				report("digestAlgorithms", "%s is missing", s.DigestAlgorithm.OID)
			}
		})
	},
}
