package document

import (
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A chip with an LDS2 application has EF.ATR/INFO with its capabilities and buffers.
var lds2Info = Rule{
	About: lint.About{
		ID: "document.lds2.atrinfo", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A chip with an LDS2 application has EF.ATR/INFO with its capabilities and buffers", "Chip có ứng dụng LDS2 thì có EF.ATR/INFO với khả năng và bộ đệm"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.1",
	},
	Check: func(t *Together, report lint.Report) {
		if !t.lds2() {
			return
		}
		info, _, err := lds.ParseATRInfo(t.Files[lint.ATRInfo])
		if t.Files[lint.ATRInfo] == nil || err != nil || len(info.Capabilities) != 3 || info.MaxCommand == 0 {
			report("EF.ATR/INFO", "it is missing, or does not state them")
		}
	},
}
