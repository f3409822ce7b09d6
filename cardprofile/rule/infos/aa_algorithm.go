package infos

import (
	"encoding/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An ActiveAuthenticationInfo names a plain ECDSA signature of BSI TR-03111, with SHA-2.
var aaAlgorithm = Rule{
	About: lint.About{
		ID: "securityinfos.aa.algorithm", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("An ActiveAuthenticationInfo names a plain ECDSA signature of BSI TR-03111, with SHA-2", "ActiveAuthenticationInfo nêu chữ ký ECDSA dạng thường của BSI TR-03111 với SHA-2"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.4 and 6.1",
	},
	Check: func(s *Set, report lint.Report) {
		for _, i := range s.Infos.ActiveAuths {
			plain := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1}
			if a := i.Algorithm; len(a) != len(plain)+1 || !a[:len(plain)].Equal(plain) || a[len(plain)] < 2 || a[len(plain)] > 5 {
				report("ActiveAuthenticationInfo", "%s", i.Algorithm)
			}
		}
	},
}
