package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A PACEInfo is of version 2.
var paceVersion = Rule{
	About: lint.About{
		ID: "securityinfos.pace.version", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A PACEInfo is of version 2", "PACEInfo phiên bản 2"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.1",
	},
	Check: func(s *Set, report lint.Report) {
		for _, p := range s.Infos.PACEInfos {
			if p.Version != 2 {
				report("PACEInfo", "version %d", p.Version)
			}
		}
	},
}
