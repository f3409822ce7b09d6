package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The file begins with the number of images, 1 to 9 in one byte.
var imageCount = Rule{
	About: lint.About{
		ID: "image.count", Severity: lint.Error, Kinds: images,
		Title:    lint.Text("The file begins with the number of images, 1 to 9 in one byte", "Tệp bắt đầu bằng số ảnh, từ 1 đến 9, một byte"),
		Citation: "Doc 9303-10 (8th ed.), Tables 58 and 62",
	},
	Check: func(f *File, report lint.Report) {
		if len(f.Parts) == 0 || f.Parts[0].Tag != tagCount || len(f.Parts[0].Value) != 1 || f.Parts[0].Value[0] < 1 || f.Parts[0].Value[0] > 9 {
			report("file", "it does not")
		}
	},
}
