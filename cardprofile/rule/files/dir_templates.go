package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.DIR is application templates, 61, each with an application identifier, 4F.
var dirTemplates = Rule{
	About: lint.About{
		ID: "dir.templates", Severity: lint.Error, Kinds: only(lint.DIR),
		Title:    lint.Text("EF.DIR is application templates, 61, each with an application identifier, 4F", "EF.DIR gồm các mẫu ứng dụng 61, mỗi mẫu có định danh 4F"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.2 and Table 31",
	},
	Check: func(f *File, report lint.Report) {
		for i, p := range f.Parts {
			aid, ok := p.First(0x4f)
			if p.Tag != 0x61 || !ok || len(aid.Value) < 5 || len(aid.Value) > 16 {
				report("61", "number %d is none, or has none", i+1)
			}
		}
	},
}
