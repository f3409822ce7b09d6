package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A TerminalAuthenticationInfo names the general protocol, id-TA.
var taProtocol = Rule{
	About: lint.About{
		ID: "securityinfos.ta.protocol", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A TerminalAuthenticationInfo names the general protocol, id-TA", "TerminalAuthenticationInfo nêu giao thức chung id-TA"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.8",
	},
	Check: func(s *Set, report lint.Report) {
		for _, i := range s.Infos.TerminalAuths {
			if !i.Protocol.Equal(oidTA) {
				report("TerminalAuthenticationInfo", "%s", i.Protocol)
			}
		}
	},
}
