package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Explicit domain parameters that a PACEInfo uses have their PACEDomainParameterInfo.
var paceDomain = Rule{
	About: lint.About{
		ID: "securityinfos.pace.domain", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Explicit domain parameters that a PACEInfo uses have their PACEDomainParameterInfo", "Tham số miền tường minh mà PACEInfo dùng có PACEDomainParameterInfo"),
		Citation: "Doc 9303-11 (8th ed.), 9.2 and 9.2.2",
	},
	Check: func(s *Set, report lint.Report) {
		for _, p := range s.Infos.PACEInfos {
			if p.ParameterID > 31 && !s.explicitFor(p.ParameterID) {
				report("PACEInfo", "parameterId %d has none", p.ParameterID)
			}
		}
	},
}
