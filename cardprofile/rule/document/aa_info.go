package document

import (
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/files"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// With an elliptic curve key in DG15, DG14 holds an ActiveAuthenticationInfo.
var activeAuth = Rule{
	About: lint.About{
		ID: "document.aa.info", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("With an elliptic curve key in DG15, DG14 holds an ActiveAuthenticationInfo", "Khi DG15 có khóa elliptic, DG14 có ActiveAuthenticationInfo"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.4",
	},
	Check: func(t *Together, report lint.Report) {
		b, ok := t.group(15)
		if _, there := t.group(14); !ok || there && t.dg14 == nil || !there && (t.sod == nil || slices.Contains(t.sod.Security.Numbers(), 14)) {
			return
		}
		parts, _ := der.Parts(files.Read(b, lint.DG(15)).Node.Value, der.Sequence)
		if len(parts) == 0 {
			return
		}
		if a, _ := der.ReadAlgorithm(parts[0]); a.OID == der.OIDEC && (t.dg14 == nil || len(t.dg14.ActiveAuths) == 0) {
			report("EF.DG14", "it holds none")
		}
	},
}
