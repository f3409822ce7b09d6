package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The hash algorithm has no NULL parameters.
var sodHashNull = Rule{
	About: lint.About{
		ID: "sod.hash.null", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("The hash algorithm has no NULL parameters", "Thuật toán băm không có tham số NULL"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3, Note 2",
	},
	Check: func(o *Object, report lint.Report) {
		if s := o.Security; s != nil && s.Hash.Params != nil {
			report("LDSSecurityObject.hashAlgorithm", "it has")
		}
	},
}
