package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// authorityKeyIdentifier has a keyIdentifier.
var akiKeyID = Rule{
	About: lint.About{
		ID: "cert.aki.keyid", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("authorityKeyIdentifier has a keyIdentifier", "authorityKeyIdentifier có keyIdentifier"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6",
	},
	Check: func(c *Certificate, report lint.Report) {
		if _, ok := c.extension(oidAuthorityKeyID); ok {
			if k := c.authorityKeyID(); len(k.id) == 0 || !k.readable {
				report(place(oidAuthorityKeyID), "it has none, or cannot be read")
			}
		}
	},
}
