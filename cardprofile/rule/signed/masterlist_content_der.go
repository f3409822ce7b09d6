package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The CscaMasterList is in DER.
var masterContentDER = Rule{
	About: lint.About{
		ID: "masterlist.content.der", Severity: lint.Error, Kinds: only(lint.MasterList),
		Title:    lint.Text("The CscaMasterList is in DER", "CscaMasterList mã hóa theo DER"),
		Citation: "Doc 9303-12 (8th ed.), 9",
	},
	Check: func(o *Object, report lint.Report) {
		if o.List != nil {
			for _, n := range der.StrictTo(o.Signed.Content, 2) {
				report("CscaMasterList", "%s", n)
			}
		}
	},
}
