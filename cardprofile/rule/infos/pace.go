package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.CardAccess has a PACEInfo.
var cardAccessPACE = Rule{
	About: lint.About{
		ID: "securityinfos.pace", Severity: lint.Error, Kinds: only(lint.CardAccess),
		Title:    lint.Text("EF.CardAccess has a PACEInfo", "EF.CardAccess có PACEInfo"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.3; Doc 9303-11 (8th ed.), 9.2 and 9.2.11",
	},
	Check: func(s *Set, report lint.Report) {
		if len(s.Infos.PACEInfos) == 0 {
			report("SecurityInfos", "there is none")
		}
	},
}
