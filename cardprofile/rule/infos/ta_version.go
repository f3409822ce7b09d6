package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A TerminalAuthenticationInfo is of version 1.
var taVersion = Rule{
	About: lint.About{
		ID: "securityinfos.ta.version", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A TerminalAuthenticationInfo is of version 1", "TerminalAuthenticationInfo phiên bản 1"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.8",
	},
	Check: func(s *Set, report lint.Report) {
		for _, i := range s.Infos.TerminalAuths {
			if i.Version != 1 {
				report("TerminalAuthenticationInfo", "version %d", i.Version)
			}
		}
	},
}
