package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The version of SignerInfo is 1 with issuer and serial number, 3 with a key identifier.
var signerVersion = Rule{
	About: lint.About{
		ID: "signed.signer.version", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The version of SignerInfo is 1 with issuer and serial number, 3 with a key identifier", "Phiên bản của SignerInfo là 1 khi dùng bên cấp và số sê-ri, 3 khi dùng định danh khóa"),
		Citation: "Doc 9303-10 (8th ed.), Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19; RFC 5652, 5.3",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			want := 1
			if s.SubjectKeyID != nil {
				want = 3
			}
			if s.Version != want {
				report("signerInfo.version", "it is %d, not %d", s.Version, want)
			}
		})
	},
}
