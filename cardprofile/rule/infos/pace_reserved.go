package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A parameterId is not one that is reserved.
var paceReserved = Rule{
	About: lint.About{
		ID: "securityinfos.pace.reserved", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A parameterId is not one that is reserved", "parameterId không thuộc vùng để dành"),
		Citation: "Doc 9303-11 (8th ed.), 9.5.1",
	},
	Check: func(s *Set, report lint.Report) {
		for _, p := range s.Infos.PACEInfos {
			if reserved(p.ParameterID) {
				report("PACEInfo", "it is %d", p.ParameterID)
			}
		}
	},
}
