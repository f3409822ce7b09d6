package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The signed attribute contentType is that of the content.
var attributeContentType = Rule{
	About: lint.About{
		ID: "signed.attrs.contenttype", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The signed attribute contentType is that of the content", "Thuộc tính contentType đúng với kiểu nội dung"),
		Citation: "Doc 9303-12 (8th ed.), 9.1 and 10.1; RFC 5652, 11.1",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			if s.SignedAttrs != nil && s.ContentType != o.Signed.ContentType {
				report("signerInfo.signedAttrs", "it is missing, or another")
			}
		})
	},
}
