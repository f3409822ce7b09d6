package files

import (
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// LDS version, Unicode version and list stand in this order.
var comOrder = Rule{
	About: lint.About{
		ID: "com.order", Severity: lint.Warning, Kinds: only(lint.COM),
		Title:    lint.Text("LDS version, Unicode version and list stand in this order", "Phiên bản LDS, phiên bản Unicode và danh sách theo đúng thứ tự"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, Table 35",
	},
	Check: func(f *File, report lint.Report) {
		want := []tlv.Tag{0x5f01, 0x5f36, 0x5c}
		for _, p := range f.Parts {
			if i := slices.Index(want, p.Tag); i >= 0 {
				want = want[i+1:]
			} else if slices.Contains([]tlv.Tag{0x5f01, 0x5f36, 0x5c}, p.Tag) {
				report("60", "they do not")
				return
			}
		}
	},
}
