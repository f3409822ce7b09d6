package document

import (
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The Document Signer stands for the issuing State of DG1.
var state = Rule{
	About: lint.About{
		ID: "document.state", Severity: lint.Error, Kinds: kinds, Earlier: true,
		Title:    lint.Text("The Document Signer stands for the issuing State of DG1", "Document Signer đại diện cho nước cấp ghi trong DG1"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2",
	},
	Check: func(t *Together, report lint.Report) {
		signer := t.signer()
		if signer == nil || t.dg1 == nil {
			return
		}
		zone, states := t.dg1.Zone(), signer.States()
		if zone == nil || len(states) == 0 {
			return
		}
		if state := strings.TrimRight(zone.Text()[2:5], "<"); !slices.Contains(states, state) {
			report("EF.SOD", "its alternative name stands for %s", strings.Join(states, ", "))
		}
	},
}
