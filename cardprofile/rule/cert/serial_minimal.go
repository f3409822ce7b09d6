package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The serial number is in the smallest number of octets.
var serialMinimal = Rule{
	About: lint.About{
		ID: "cert.serial.minimal", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("The serial number is in the smallest number of octets", "Số sê-ri được mã hóa bằng số byte ít nhất"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		if !der.Minimal(c.Serial) {
			report("serialNumber", "it has a leading octet that says nothing")
		}
	},
}
