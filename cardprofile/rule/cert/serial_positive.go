package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The serial number is positive.
var serialPositive = Rule{
	About: lint.About{
		ID: "cert.serial.positive", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The serial number is positive", "Số sê-ri là số dương"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if der.Negative(c.Serial) || der.Zero(c.Serial) {
			report("serialNumber", "it is zero or negative")
		}
	},
}
