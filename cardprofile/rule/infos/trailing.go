package infos

import "github.com/chipid-toolkit/chipid/cardprofile/rule/lint"

// Nothing follows the SecurityInfos.
var trailing = Rule{
	About: lint.About{
		ID: "securityinfos.trailing", Severity: lint.Warning, Kinds: all,
		Title:    lint.Text("Nothing follows the SecurityInfos", "Không có gì sau SecurityInfos"),
		Citation: "Doc 9303-10 (8th ed.), 3.6.6",
	},
	Check: func(s *Set, report lint.Report) {
		if n := len(s.Raw) - len(s.Infos.Raw); n > 0 {
			report("SecurityInfos", "%d bytes do", n)
		}
	},
}
