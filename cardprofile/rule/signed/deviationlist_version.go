package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The version of the DeviationList is 0.
var deviationVersion = Rule{
	About: lint.About{
		ID: "deviationlist.version", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("The version of the DeviationList is 0", "Phiên bản của DeviationList là 0"),
		Citation: "Doc 9303-12 (8th ed.), 10.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Deviations != nil && !der.Is(o.Deviations.Version, 0) {
			report("DeviationList.version", "it is coded %x", o.Deviations.Version)
		}
	},
}
