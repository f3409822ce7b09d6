package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// SecurityInfos are in DER.
var inDER = Rule{
	About: lint.About{
		ID: "securityinfos.der", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("SecurityInfos are in DER", "SecurityInfos mã hóa theo DER"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.3, Table 33",
	},
	Check: func(s *Set, report lint.Report) {
		for _, n := range der.Strict(s.Infos.Raw) {
			report("SecurityInfos", "%s", n)
		}
	},
}
