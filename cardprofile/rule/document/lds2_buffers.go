package document

import (
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// With LDS2 the buffers of EF.ATR/INFO are 1000 bytes at least.
var lds2Buffers = Rule{
	About: lint.About{
		ID: "document.lds2.buffers", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("With LDS2 the buffers of EF.ATR/INFO are 1000 bytes at least", "Với LDS2, bộ đệm trong EF.ATR/INFO ít nhất 1000 byte"),
		Citation: "Doc 9303-10 (8th ed.), 3.11.1, Table 29",
	},
	Check: func(t *Together, report lint.Report) {
		info, _, err := lds.ParseATRInfo(t.Files[lint.ATRInfo])
		if t.lds2() && err == nil && info.MaxCommand > 0 && min(info.MaxCommand, info.MaxResponse) < 1000 {
			report("EF.ATR/INFO", "they are %d and %d", info.MaxCommand, info.MaxResponse)
		}
	},
}
