package cert

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The alternative names of a self-signed CSCA are identical.
var altNameSame = Rule{
	About: lint.About{
		ID: "cert.altname.same", Severity: lint.Error, Kinds: only(lint.CSCA),
		Title:    lint.Text("The alternative names of a self-signed CSCA are identical", "Hai tên thay thế của CSCA tự ký giống hệt nhau"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.2",
	},
	Check: func(c *Certificate, report lint.Report) {
		subject, one := c.extension(oidSubjectAltName)
		issuer, other := c.extension(oidIssuerAltName)
		if one && other && !bytes.Equal(subject.Value, issuer.Value) {
			report(place(oidIssuerAltName), "they differ")
		}
	},
}
