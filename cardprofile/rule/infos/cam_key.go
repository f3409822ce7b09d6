package infos

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// PACE with chip authentication mapping has the public key whose keyId is its parameterId.
var camKey = Rule{
	About: lint.About{
		ID: "securityinfos.cam.key", Severity: lint.Error, Kinds: only(lint.CardSecurity),
		Title:    lint.Text("PACE with chip authentication mapping has the public key whose keyId is its parameterId", "PACE ánh xạ xác thực chip có khóa công khai với keyId bằng parameterId"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.1; Doc 9303-10 (8th ed.), 3.11.4",
	},
	Check: func(s *Set, report lint.Report) {
		for _, p := range s.Infos.PACEInfos {
			if mapping(p.Protocol) != mappingCAM {
				continue
			}
			if !slices.ContainsFunc(s.Infos.ChipAuthKeys, func(k lds.ChipAuthKey) bool { return k.KeyID == p.ParameterID }) {
				report("PACEInfo", "there is none for %d", p.ParameterID)
			}
		}
	},
}
