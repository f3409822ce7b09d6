package cert

import (
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A deviation list signer's extKeyUsage has 2.23.136.1.1.8.
var ekuDeviationList = Rule{
	About: lint.About{
		ID: "cert.eku.deviationlist", Severity: lint.Error, Kinds: only(lint.DLSigner),
		Title:    lint.Text("A deviation list signer's extKeyUsage has 2.23.136.1.1.8", "extKeyUsage của bên ký deviation list có 2.23.136.1.1.8"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.3",
	},
	Check: func(c *Certificate, report lint.Report) {
		if e := c.extendedKeyUsage(); e != nil && !slices.Contains(e, oidDLSigner) {
			report(place(oidExtKeyUsage), "it has %s", strings.Join(e, ", "))
		}
	},
}
