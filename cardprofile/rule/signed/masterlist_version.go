package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The version of the CscaMasterList is 0.
var masterVersion = Rule{
	About: lint.About{
		ID: "masterlist.version", Severity: lint.Error, Kinds: only(lint.MasterList),
		Title:    lint.Text("The version of the CscaMasterList is 0", "Phiên bản của CscaMasterList là 0"),
		Citation: "Doc 9303-12 (8th ed.), 9.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.List != nil && !der.Is(o.List.Version, 0) {
			report("CscaMasterList.version", "it is coded %x", o.List.Version)
		}
	},
}
