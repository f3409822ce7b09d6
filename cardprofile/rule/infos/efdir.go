package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An EFDIRInfo contains a copy of EF.DIR.
var efDIR = Rule{
	About: lint.About{
		ID: "securityinfos.efdir", Severity: lint.Error, Kinds: only(lint.CardSecurity),
		Title:    lint.Text("An EFDIRInfo contains a copy of EF.DIR", "EFDIRInfo chứa bản sao EF.DIR"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.10; Doc 9303-10 (8th ed.), 3.11.2",
	},
	Check: func(s *Set, report lint.Report) {
		if s.Infos.EFDIR != nil {
			if _, _, err := lds.ParseDIR(s.Infos.EFDIR); err != nil {
				report("EFDIRInfo", "it does not")
			}
		}
	},
}
