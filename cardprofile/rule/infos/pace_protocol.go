package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A PACEInfo names an algorithm that is defined.
var paceProtocol = Rule{
	About: lint.About{
		ID: "securityinfos.pace.protocol", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A PACEInfo names an algorithm that is defined", "PACEInfo nêu thuật toán đã định nghĩa"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.1 and 9.2.3",
	},
	Check: func(s *Set, report lint.Report) {
		for _, p := range s.Infos.PACEInfos {
			cipher := p.Protocol[len(p.Protocol)-1]
			switch m := mapping(p.Protocol); {
			case m >= mappingDHGM && m <= mappingECDHIM && cipher >= 1 && cipher <= 4:
			case m == mappingCAM && cipher >= 2 && cipher <= 4:
			default:
				report("PACEInfo", "%s is not", p.Protocol)
			}
		}
	},
}
