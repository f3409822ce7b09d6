package cert

import (
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A bar code signer's extKeyUsage has 2.23.136.1.1.11.1.
var ekuBarCode = Rule{
	About: lint.About{
		ID: "cert.eku.barcode", Severity: lint.Error, Kinds: only(lint.BarCodeSigner),
		Title:    lint.Text("A bar code signer's extKeyUsage has 2.23.136.1.1.11.1", "extKeyUsage của bên ký mã vạch có 2.23.136.1.1.11.1"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.3, Table 8",
	},
	Check: func(c *Certificate, report lint.Report) {
		if e := c.extendedKeyUsage(); e != nil && !slices.Contains(e, oidVDSSigner) {
			report(place(oidExtKeyUsage), "it has %s", strings.Join(e, ", "))
		}
	},
}
