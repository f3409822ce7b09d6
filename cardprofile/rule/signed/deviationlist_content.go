package signed

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The content is a DeviationList.
var deviationContent = Rule{
	About: lint.About{
		ID: "deviationlist.content", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("The content is a DeviationList", "Nội dung là DeviationList"),
		Citation: "Doc 9303-12 (8th ed.), 10.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Signed.Content == nil {
			return
		}
		if o.Deviations == nil {
			report("eContent", "it cannot be read as one")
			return
		}
		for i, e := range o.Deviations.Entries {
			if !e.readable || slices.ContainsFunc(e.descriptions, func(d description) bool { return !d.readable }) {
				report("DeviationList.deviations", "number %d cannot be read", i+1)
			}
		}
	},
}
