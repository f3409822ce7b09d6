package signed

import (
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A deviation's type is one that is defined, or of national use.
var deviationKind = Rule{
	About: lint.About{
		ID: "deviationlist.kind", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("A deviation's type is one that is defined, or of national use", "Loại sai lệch là loại đã định nghĩa hoặc dùng trong nước"),
		Citation: "Doc 9303-12 (8th ed.), 10.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Deviations == nil {
			return
		}
		for i, e := range o.Deviations.Entries {
			for _, d := range e.descriptions {
				if d.readable && !slices.Contains(deviationTypes, d.kind) && !strings.HasPrefix(d.kind, cms.OIDDeviationList+".5") {
					report("DeviationList.deviations", "that of number %d is %s", i+1, d.kind)
				}
			}
		}
	},
}

// deviationTypes are the types that Doc 9303-12 (8th ed.), 10.2 defines.
var deviationTypes = func() []string {
	var out []string
	for _, arc := range []string{"1", "1.1", "1.2", "1.3", "1.4", "2", "2.1", "2.2", "2.3", "2.4", "3", "3.1", "3.2", "4"} {
		out = append(out, cms.OIDDeviationList+"."+arc)
	}
	return out
}()
