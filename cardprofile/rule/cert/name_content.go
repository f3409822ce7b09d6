package cert

import (
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// PrintableString and UTF8String in names hold characters of their kind.
var nameContent = Rule{
	About: lint.About{
		ID: "cert.name.content", Severity: lint.Error, Kinds: all,
		Title:    lint.Text("PrintableString and UTF8String in names hold characters of their kind", "PrintableString và UTF8String trong tên chỉ chứa ký tự thuộc loại đó"),
		Citation: "Doc 9303-12 (8th ed.), 7.1; X.680, 41.4; RFC 3629",
	},
	Check: func(c *Certificate, report lint.Report) {
		c.named(func(where string, n der.Name) {
			for _, a := range n.Attributes {
				if a.Tag == der.PrintableString && !der.Printable(a.Value) || a.Tag == der.UTF8String && !utf8.Valid(a.Value) {
					report(where, "attribute %s does not", a.Type)
				}
			}
		})
	},
}
