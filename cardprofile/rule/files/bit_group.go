package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The content is one group of nested biometric information templates, 7F61.
var bitGroup = Rule{
	About: lint.About{
		ID: "bit.group", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("The content is one group of nested biometric information templates, 7F61", "Nội dung là một nhóm mẫu thông tin sinh trắc lồng nhau, 7F61"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.6 and 4.7.2.1, 4.7.3.1, 4.7.4.1",
	},
	Check: func(f *File, report lint.Report) {
		if count(f.Parts, tagGroup) != 1 || f.Parts[0].Tag != tagGroup {
			report("file", "it is missing, not the first, or there are more")
		}
		for _, p := range f.Parts {
			if p.Tag != tagGroup && p.Tag != tagIssuer {
				report("file", "there is %s beside it", p.Tag)
			}
		}
	},
}
