package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An ActiveAuthenticationInfo is of version 1.
var aaVersion = Rule{
	About: lint.About{
		ID: "securityinfos.aa.version", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("An ActiveAuthenticationInfo is of version 1", "ActiveAuthenticationInfo phiên bản 1"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.4",
	},
	Check: func(s *Set, report lint.Report) {
		for _, i := range s.Infos.ActiveAuths {
			if i.Version != 1 {
				report("ActiveAuthenticationInfo", "version %d", i.Version)
			}
		}
	},
}
