package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// RSASSA-PSS masks with the hash that it signs with, and its salt is as long.
var pssMask = Rule{
	About: lint.About{
		ID: "signed.pss.mask", Severity: lint.Warning, Kinds: all,
		Title:    lint.Text("RSASSA-PSS masks with the hash that it signs with, and its salt is as long", "RSASSA-PSS dùng cùng một hàm băm cho mặt nạ và chữ ký, muối dài bằng giá trị băm"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.6.1; RFC 4055, 3.1",
	},
	Check: func(o *Object, report lint.Report) {
		o.each(func(s *cms.SignerInfo) {
			p, ok := algorithm(s.SignatureAlgorithm).PSS()
			if ok && s.SignatureAlgorithm.OID == der.OIDPSS && (p.Hash != p.MGFHash || p.Salt != p.Hash.Size()) {
				report("signerInfo.signatureAlgorithm", "hash %v, mask %v, salt of %d bytes", p.Hash, p.MGFHash, p.Salt)
			}
		})
	},
}
