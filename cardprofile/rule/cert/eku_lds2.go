package cert

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// An LDS2 signer's extKeyUsage names the objects it may sign: travel stamps, visas, biometrics.
var ekuLDS2 = Rule{
	About: lint.About{
		ID: "cert.eku.lds2", Severity: lint.Error, Kinds: only(lint.LDS2Signer),
		Title:    lint.Text("An LDS2 signer's extKeyUsage names the objects it may sign: travel stamps, visas, biometrics", "extKeyUsage của bên ký LDS2 nêu loại đối tượng được ký"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.2, Table 7, Note 1",
	},
	Check: func(c *Certificate, report lint.Report) {
		for _, e := range c.extendedKeyUsage() {
			if n := strings.TrimPrefix(e, oidLDS2Signer); n != "1" && n != "2" && n != "3" {
				report(place(oidExtKeyUsage), "it has %s", e)
			}
		}
	},
}
