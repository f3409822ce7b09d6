package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A PACEInfo uses standardized domain parameters.
var paceStandard = Rule{
	About: lint.About{
		ID: "securityinfos.pace.standard", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A PACEInfo uses standardized domain parameters", "Có PACEInfo dùng tham số miền chuẩn"),
		Citation: "Doc 9303-11 (8th ed.), 9.2 and 9.2.2",
	},
	Check: func(s *Set, report lint.Report) {
		if len(s.Infos.PACEInfos) == 0 {
			return
		}
		for _, p := range s.Infos.PACEInfos {
			if standard(p.ParameterID) {
				return
			}
		}
		report("PACEInfo", "none does")
	},
}
