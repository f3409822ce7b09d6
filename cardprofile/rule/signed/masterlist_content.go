package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The content is a CscaMasterList.
var masterContent = Rule{
	About: lint.About{
		ID: "masterlist.content", Severity: lint.Error, Kinds: only(lint.MasterList),
		Title:    lint.Text("The content is a CscaMasterList", "Nội dung là CscaMasterList"),
		Citation: "Doc 9303-12 (8th ed.), 9.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Signed.Content != nil && o.List == nil {
			report("eContent", "it cannot be read as one")
		}
	},
}
