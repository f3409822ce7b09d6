package document

import (
	"bytes"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A CRL's authorityKeyIdentifier is the subjectKeyIdentifier of the CSCA that issued it.
var crlKey = Rule{
	About: lint.About{
		ID: "document.crl.key", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A CRL's authorityKeyIdentifier is the subjectKeyIdentifier of the CSCA that issued it", "authorityKeyIdentifier của CRL là subjectKeyIdentifier của CSCA phát hành"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.4, Table 10",
	},
	Check: func(t *Together, report lint.Report) {
		for _, l := range t.CRLs {
			issuers := t.authorities(l.Issuer.Raw)
			if len(issuers) == 0 || l.AuthorityKeyID() == nil {
				continue
			}
			if !slices.ContainsFunc(issuers, func(c *cert.Certificate) bool { return bytes.Equal(c.SubjectKeyID(), l.AuthorityKeyID()) }) {
				report("CRL", "no certificate of its issuer here has it")
			}
		}
	},
}
