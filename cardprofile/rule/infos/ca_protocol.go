package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A ChipAuthenticationInfo names an algorithm that is defined.
var caProtocol = Rule{
	About: lint.About{
		ID: "securityinfos.ca.protocol", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("A ChipAuthenticationInfo names an algorithm that is defined", "ChipAuthenticationInfo nêu thuật toán đã định nghĩa"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.5 and 9.2.7",
	},
	Check: func(s *Set, report lint.Report) {
		for _, i := range s.Infos.ChipAuthInfos {
			n := len(i.Protocol)
			if kind, cipher := i.Protocol[n-2], i.Protocol[n-1]; kind < 1 || kind > 2 || cipher < 1 || cipher > 4 {
				report("ChipAuthenticationInfo", "%s is not", i.Protocol)
			}
		}
	},
}
