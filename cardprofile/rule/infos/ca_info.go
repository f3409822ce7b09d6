package infos

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A chip authentication key has its ChipAuthenticationInfo.
var caInfo = Rule{
	About: lint.About{
		ID: "securityinfos.ca.info", Severity: lint.Error, Kinds: only(lint.DG(14)),
		Title:    lint.Text("A chip authentication key has its ChipAuthenticationInfo", "Khóa xác thực chip có ChipAuthenticationInfo"),
		Citation: "Doc 9303-11 (8th ed.), 9.2",
	},
	Check: func(s *Set, report lint.Report) {
		for _, k := range s.Infos.ChipAuthKeys {
			cam := slices.ContainsFunc(s.Infos.PACEInfos, func(p lds.PACEInfo) bool {
				return mapping(p.Protocol) == mappingCAM && p.ParameterID == k.KeyID
			})
			if !cam && !slices.ContainsFunc(s.Infos.ChipAuthInfos, func(i lds.ChipAuthInfo) bool { return s.same(k.KeyID, i.KeyID) }) {
				report("ChipAuthenticationPublicKeyInfo", "one has none")
			}
		}
	},
}
