package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The templates are A1, A2 and so on.
var dg16Templates = Rule{
	About: lint.About{
		ID: "dg16.templates", Severity: lint.Error, Kinds: only(lint.DG(16)),
		Title:    lint.Text("The templates are A1, A2 and so on", "Các mẫu lần lượt là A1, A2, …"),
		Citation: "Doc 9303-10 (8th ed.), Table 80",
	},
	Check: func(f *File, report lint.Report) {
		next := tlv.Tag(0xa1)
		for _, p := range f.Parts {
			if p.Tag == tagCount {
				continue
			}
			if p.Tag != next {
				report("70", "one is %s, not %s", p.Tag, next)
				return
			}
			next++
		}
	},
}
