package document

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A hash in EF.SOD is that of the data group's whole file.
var sodHash = Rule{
	About: lint.About{
		ID: "document.sod.hash", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A hash in EF.SOD is that of the data group's whole file", "Giá trị băm trong EF.SOD là của toàn bộ tệp nhóm dữ liệu"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3, Note 1",
	},
	Check: func(t *Together, report lint.Report) {
		if t.sod == nil {
			return
		}
		h := t.sod.Security.Hash.Hash()
		if h == 0 || !h.Available() {
			return
		}
		for _, g := range t.sod.Security.Groups {
			b, there := t.group(g.Number)
			if !there {
				continue
			}
			sum := h.New()
			sum.Write(b)
			if !bytes.Equal(sum.Sum(nil), g.Hash) {
				report("EF.SOD", "that of DG%d is another", g.Number)
			}
		}
	},
}
