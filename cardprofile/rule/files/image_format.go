package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An image is JPEG or JPEG 2000.
var imageFormat = Rule{
	About: lint.About{
		ID: "image.format", Severity: lint.Error, Kinds: images,
		Title:    lint.Text("An image is JPEG or JPEG 2000", "Ảnh là JPEG hoặc JPEG 2000"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.5.1 and 4.7.7.1, Notes",
	},
	Check: func(f *File, report lint.Report) {
		for _, p := range f.Parts {
			if p.Tag != tagCount && !isImage(p.Value) {
				report(p.Tag.String(), "one begins otherwise")
			}
		}
	},
}
