package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The serial number has 20 octets at most.
var serialLength = Rule{
	About: lint.About{
		ID: "cert.serial.length", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The serial number has 20 octets at most", "Số sê-ri dài nhất 20 byte"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if len(c.Serial) > 20 {
			report("serialNumber", "it has %d octets", len(c.Serial))
		}
	},
}
