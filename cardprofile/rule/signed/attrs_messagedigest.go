package signed

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signed attribute messageDigest is the digest of the content.
var attributeDigest = Rule{
	About: lint.About{
		ID: "signed.attrs.messagedigest", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The signed attribute messageDigest is the digest of the content", "Thuộc tính messageDigest là giá trị băm của nội dung"),
		Citation: "Doc 9303-12 (8th ed.), 9.1 and 10.1; RFC 5652, 11.2",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			h := algorithm(s.DigestAlgorithm).Hash()
			if s.SignedAttrs == nil || h == 0 || !h.Available() {
				return
			}
			digest := h.New()
			digest.Write(o.Signed.Content)
			if !bytes.Equal(digest.Sum(nil), s.MessageDigest) {
				report("signerInfo.signedAttrs", "it is missing, or another")
			}
		})
	},
}
