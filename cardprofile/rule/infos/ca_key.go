package infos

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A ChipAuthenticationInfo has its public key, under the same keyId and of the same type.
var caKey = Rule{
	About: lint.About{
		ID: "securityinfos.ca.key", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("A ChipAuthenticationInfo has its public key, under the same keyId and of the same type", "ChipAuthenticationInfo có khóa công khai cùng keyId và cùng loại"),
		Citation: "Doc 9303-11 (8th ed.), 9.2",
	},
	Check: func(s *Set, report lint.Report) {
		for _, i := range s.Infos.ChipAuthInfos {
			kind := i.Protocol[len(i.Protocol)-2]
			if !slices.ContainsFunc(s.Infos.ChipAuthKeys, func(k lds.ChipAuthKey) bool {
				return s.same(k.KeyID, i.KeyID) && k.Protocol[len(k.Protocol)-1] == kind
			}) {
				report("ChipAuthenticationInfo", "%s has none", i.Protocol)
			}
		}
	},
}
