package cert

import (
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A master list signer's extKeyUsage has 2.23.136.1.1.3.
var ekuMasterList = Rule{
	About: lint.About{
		ID: "cert.eku.masterlist", Severity: lint.Error, Kinds: only(lint.MLSigner),
		Title:    lint.Text("A master list signer's extKeyUsage has 2.23.136.1.1.3", "extKeyUsage của bên ký master list có 2.23.136.1.1.3"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.3",
	},
	Check: func(c *Certificate, report lint.Report) {
		if e := c.extendedKeyUsage(); e != nil && !slices.Contains(e, oidMLSigner) {
			report(place(oidExtKeyUsage), "it has %s", strings.Join(e, ", "))
		}
	},
}
