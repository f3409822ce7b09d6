package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The content is a SET of SecurityInfos.
var structure = Rule{
	About: lint.About{
		ID: "securityinfos.structure", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The content is a SET of SecurityInfos", "Nội dung là tập SecurityInfo"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.3, Table 33, 3.11.4 and 4.7.14.2",
	},
	Check: func(s *Set, report lint.Report) {
		if s.Infos == nil {
			report("SecurityInfos", "it cannot be read as one")
		}
	},
}
