package cert

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Alternative names have a directoryName with a localityName.
var altNameDirectory = Rule{
	About: lint.About{
		ID: "cert.altname.directory", Severity: lint.Error, Kinds: table6, Earlier: true,
		Title:    lint.Text("Alternative names have a directoryName with a localityName", "Tên thay thế có directoryName với localityName"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.altNames(func(where string, names []tlv.Node) {
			for _, g := range names {
				if g.Tag == nameDirectory {
					if n, _ := der.ReadName(g.Value); len(n.Get(der.LocalityName)) > 0 {
						return
					}
				}
			}
			report(where, "there is none")
		})
	},
}
