package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Attributes with the syntax DirectoryString are PrintableString or UTF8String.
var nameStrings = Rule{
	About: lint.About{
		ID: "cert.name.strings", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("Attributes with the syntax DirectoryString are PrintableString or UTF8String", "Thuộc tính có cú pháp DirectoryString là PrintableString hoặc UTF8String"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 5",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.named(func(where string, n der.Name) {
			for _, a := range n.Attributes {
				if a.DirectoryString() && a.Tag != der.PrintableString && a.Tag != der.UTF8String {
					report(where, "attribute %s has the tag %s", a.Type, a.Tag)
				}
			}
		})
	},
}
