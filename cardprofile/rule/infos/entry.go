package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A SecurityInfo is a SEQUENCE of a protocol, its required data and optional data.
var entry = Rule{
	About: lint.About{
		ID: "securityinfos.entry", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("A SecurityInfo is a SEQUENCE of a protocol, its required data and optional data", "SecurityInfo là SEQUENCE gồm giao thức, dữ liệu bắt buộc và dữ liệu tùy chọn"),
		Citation: "Doc 9303-11 (8th ed.), 9.2",
	},
	Check: func(s *Set, report lint.Report) {
		for _, d := range s.deviations {
			if d.Rule == "lds.securityinfos.entry" {
				report("SecurityInfos", "%s", d.Text)
			}
		}
	},
}
