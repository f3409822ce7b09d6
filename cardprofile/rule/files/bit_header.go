package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A template begins with its header, A1, and the biometric data follow.
var bitHeader = Rule{
	About: lint.About{
		ID: "bit.header", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("A template begins with its header, A1, and the biometric data follow", "Mẫu bắt đầu bằng phần đầu A1, sau đó là dữ liệu sinh trắc"),
		Citation: "Doc 9303-10 (8th ed.), Tables 44, 47 and 54",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		if len(b.parts) == 0 || b.parts[0].Tag != tagHeader || len(b.header) == 0 {
			report("7F60", "number %d does not begin so, or its header is empty", n)
		}
		if _, ok := b.data(); !ok || count(b.parts, tagOld)+count(b.parts, tagNew) > 1 {
			report("7F60", "number %d has no data, or more than one block", n)
		}
	}),
}
