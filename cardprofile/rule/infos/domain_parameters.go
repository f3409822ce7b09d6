package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A PACEDomainParameterInfo contains domain parameters.
var domainReadable = Rule{
	About: lint.About{
		ID: "securityinfos.domain.parameters", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A PACEDomainParameterInfo contains domain parameters", "PACEDomainParameterInfo chứa tham số miền"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.2",
	},
	Check: func(s *Set, report lint.Report) {
		for _, d := range s.Infos.PACEDomains {
			alg, ok := der.One(d.Algorithm)
			if _, readable := der.ReadAlgorithm(alg); !ok || !readable {
				report("PACEDomainParameterInfo", "it does not")
			}
		}
	},
}
