package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// For chip authentication there is a key with explicit domain parameters.
var caExplicit = Rule{
	About: lint.About{
		ID: "securityinfos.ca.explicit", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("For chip authentication there is a key with explicit domain parameters", "Xác thực chip có khóa với tham số miền tường minh"),
		Citation: "Doc 9303-11 (8th ed.), 9.2",
	},
	Check: func(s *Set, report lint.Report) {
		if len(s.Infos.ChipAuthInfos) == 0 || len(s.Infos.ChipAuthKeys) == 0 {
			return
		}
		for _, k := range s.Infos.ChipAuthKeys {
			if parts, ok := der.Parts(k.SPKI, der.Sequence); ok && len(parts) == 2 {
				if alg, _ := der.ReadAlgorithm(parts[0]); len(alg.Params) > 0 && alg.Params[0] == byte(der.Sequence) {
					return
				}
			}
		}
		report("ChipAuthenticationPublicKeyInfo", "there is none")
	},
}
