package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The file begins with the number of features, 1 to 9 in one byte.
var featureCount = Rule{
	About: lint.About{
		ID: "feature.count", Severity: lint.Error, Kinds: features,
		Title:    lint.Text("The file begins with the number of features, 1 to 9 in one byte", "Tệp bắt đầu bằng số đặc trưng, từ 1 đến 9, một byte"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.8 to 4.7.10, Tables 65 to 70",
	},
	Check: func(f *File, report lint.Report) {
		if n, _, err := tlv.Parse(f.Node.Value); err != nil || n.Tag != tagCount || len(n.Value) != 1 || n.Value[0] < 1 || n.Value[0] > 9 {
			report("file", "it does not")
		}
	},
}
