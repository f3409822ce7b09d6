package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The content type is that of the object.
var contentType = Rule{
	About: lint.About{
		ID: "signed.contenttype", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The content type is that of the object", "Kiểu nội dung đúng với loại đối tượng"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.4 and Table 37; Doc 9303-12 (8th ed.), Tables 18 and 19",
	},
	Check: func(o *Object, report lint.Report) {
		if want := contentTypes[o.Kind]; o.Signed.ContentType != want {
			report("eContentType", "it is %s, not %s", o.Signed.ContentType, want)
		}
	},
}
