package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The list holds certificates of CSCAs and nothing else.
var masterListed = Rule{
	About: lint.About{
		ID: "masterlist.listed", Severity: lint.Error, Kinds: only(lint.MasterList),
		Title:    lint.Text("The list holds certificates of CSCAs and nothing else", "Danh sách chỉ chứa chứng thư CSCA"),
		Citation: "Doc 9303-12 (8th ed.), 5.3 and 9.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.List == nil {
			return
		}
		for i, raw := range o.List.Listed {
			if c := cert.Read(raw); !c.OK() || !isCA(c) {
				report("CscaMasterList.certList", "number %d is none", i+1)
			}
		}
	},
}
