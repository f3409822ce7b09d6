package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The protocol of a chip authentication key names its type.
var caPublic = Rule{
	About: lint.About{
		ID: "securityinfos.ca.publickey", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("The protocol of a chip authentication key names its type", "Giao thức của khóa xác thực chip nêu đúng loại khóa"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.6",
	},
	Check: func(s *Set, report lint.Report) {
		for _, d := range s.deviations {
			if d.Rule == "lds.chipauth.key.protocol" {
				report("ChipAuthenticationPublicKeyInfo", "it names the other")
			}
		}
		for _, k := range s.Infos.ChipAuthKeys {
			if parts, ok := der.Parts(k.SPKI, der.Sequence); !ok || len(parts) != 2 || parts[1].Tag != der.BitString {
				report("ChipAuthenticationPublicKeyInfo", "it holds no SubjectPublicKeyInfo")
			}
		}
	},
}
