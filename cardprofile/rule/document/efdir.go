package document

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// EF.CardSecurity holds a copy of EF.DIR where an LDS2 application is present.
var efDIR = Rule{
	About: lint.About{
		ID: "document.efdir", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("EF.CardSecurity holds a copy of EF.DIR where an LDS2 application is present", "EF.CardSecurity chứa bản sao EF.DIR khi có ứng dụng LDS2"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.2; Doc 9303-11 (8th ed.), 9.2 and 9.2.10",
	},
	Check: func(t *Together, report lint.Report) {
		if t.cardSecurity == nil || t.Files[lint.DIR] == nil {
			return
		}
		if copied := t.cardSecurity.EFDIR; copied == nil && t.lds2() {
			report("EF.CardSecurity", "it holds none")
		} else if copied != nil && !bytes.Equal(copied, t.Files[lint.DIR]) {
			report("EF.CardSecurity", "it holds another")
		}
	},
}
