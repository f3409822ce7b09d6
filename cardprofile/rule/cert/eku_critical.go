package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// extKeyUsage is critical.
var ekuCritical = Rule{
	About: lint.About{
		ID: "cert.eku.critical", Severity: lint.Error, Kinds: append(only(lint.Communication), append(listSigners, small...)...),
		Title:    lint.Text("extKeyUsage is critical", "extKeyUsage là loại critical"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6, Table 7 and Table 8",
	},
	Check: critical(oidExtKeyUsage),
}
