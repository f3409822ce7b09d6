package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Of several PACEDomainParameterInfos, each has a parameterId.
var domainParameter = Rule{
	About: lint.About{
		ID: "securityinfos.domain.parameter", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Of several PACEDomainParameterInfos, each has a parameterId", "Khi có nhiều PACEDomainParameterInfo, mỗi mục có parameterId"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.2",
	},
	Check: func(s *Set, report lint.Report) {
		if len(s.Infos.PACEDomains) > 1 {
			for _, d := range s.Infos.PACEDomains {
				if d.ParameterID == lds.NoID {
					report("PACEDomainParameterInfo", "one has none")
				}
			}
		}
	},
}
