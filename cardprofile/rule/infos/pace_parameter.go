package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A PACEInfo has a parameterId for standardized domain parameters, several explicit ones, and chip authentication mapping.
var paceParameter = Rule{
	About: lint.About{
		ID: "securityinfos.pace.parameter", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A PACEInfo has a parameterId for standardized domain parameters, several explicit ones, and chip authentication mapping", "PACEInfo có parameterId khi dùng tham số chuẩn, nhiều bộ tham số tường minh, hoặc ánh xạ xác thực chip"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.1",
	},
	Check: func(s *Set, report lint.Report) {
		for _, p := range s.Infos.PACEInfos {
			if p.ParameterID == lds.NoID && (len(s.Infos.PACEDomains) != 1 || mapping(p.Protocol) == mappingCAM) {
				report("PACEInfo", "%s has none", p.Protocol)
			}
		}
	},
}
