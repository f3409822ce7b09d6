package document

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The Document Signer may sign documents of DG1's document code.
var documentType = Rule{
	About: lint.About{
		ID: "document.type", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("The Document Signer may sign documents of DG1's document code", "Document Signer được phép ký loại giấy tờ ghi trong DG1"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.6",
	},
	Check: func(t *Together, report lint.Report) {
		signer := t.signer()
		if signer == nil || t.dg1 == nil {
			return
		}
		zone, types := t.dg1.Zone(), signer.DocumentTypes()
		if zone == nil || len(types) == 0 {
			return
		}
		code := strings.TrimRight(zone.Text()[:2], "<")
		for _, d := range types {
			if d = strings.TrimRight(d, "<"); d == code || len(d) == 1 && strings.HasPrefix(code, d) {
				return
			}
		}
		report("EF.SOD", "its documentTypeList does not name it")
	},
}
