package document

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.COM and EF.SOD state the same versions.
var versions = Rule{
	About: lint.About{
		ID: "document.versions", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("EF.COM and EF.SOD state the same versions", "EF.COM và EF.SOD nêu cùng phiên bản"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.1, 4.6.2.1 and 4.6.2.3",
	},
	Check: func(t *Together, report lint.Report) {
		if t.com == nil || t.sod == nil || !t.sod.Security.HasInfo {
			return
		}
		for _, p := range t.com.Parts {
			if p.Tag == 0x5f01 && !bytes.Equal(p.Value, t.sod.Security.LDS.Value) {
				report("EF.COM", "the LDS versions differ")
			}
			if p.Tag == 0x5f36 && !bytes.Equal(p.Value, t.sod.Security.Unicode.Value) {
				report("EF.COM", "the Unicode versions differ")
			}
		}
	},
}
