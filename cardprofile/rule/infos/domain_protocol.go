package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A PACEDomainParameterInfo names the type of its parameters.
var domainProtocol = Rule{
	About: lint.About{
		ID: "securityinfos.domain.protocol", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A PACEDomainParameterInfo names the type of its parameters", "PACEDomainParameterInfo nêu đúng loại tham số"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.2",
	},
	Check: func(s *Set, report lint.Report) {
		for _, d := range s.Infos.PACEDomains {
			m := mapping(d.Protocol)
			dh := m == mappingDHGM || m == mappingDHIM
			if m < mappingDHGM || m > mappingECDHIM && m != mappingCAM || d.Domain != nil && (d.Domain.Curve() == nil) != dh {
				report("PACEDomainParameterInfo", "%s is not theirs", d.Protocol)
			}
		}
	},
}
