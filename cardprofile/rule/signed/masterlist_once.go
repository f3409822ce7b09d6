package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// No certificate is listed twice.
var masterOnce = Rule{
	About: lint.About{
		ID: "masterlist.once", Severity: lint.Warning, Kinds: only(lint.MasterList),
		Title:    lint.Text("No certificate is listed twice", "Không chứng thư nào được liệt kê hai lần"),
		Citation: "Doc 9303-12 (8th ed.), 9.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.List == nil {
			return
		}
		seen := map[string]int{}
		for i, raw := range o.List.Listed {
			if before, twice := seen[string(raw)]; twice {
				report("CscaMasterList.certList", "number %d is number %d again", i+1, before)
			}
			seen[string(raw)] = i + 1
		}
	},
}
