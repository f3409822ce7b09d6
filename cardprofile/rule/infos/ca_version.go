package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A ChipAuthenticationInfo is of version 1.
var caVersion = Rule{
	About: lint.About{
		ID: "securityinfos.ca.version", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("A ChipAuthenticationInfo is of version 1", "ChipAuthenticationInfo phiên bản 1"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.5",
	},
	Check: func(s *Set, report lint.Report) {
		for _, i := range s.Infos.ChipAuthInfos {
			if i.Version != 1 {
				report("ChipAuthenticationInfo", "version %d", i.Version)
			}
		}
	},
}
