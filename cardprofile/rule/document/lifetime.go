package document

import (
	"bytes"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A certificate does not outlive the CSCA certificate whose key signed it.
var outlives = Rule{
	About: lint.About{
		ID: "document.lifetime", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A certificate does not outlive the CSCA certificate whose key signed it", "Chứng thư không có hạn dài hơn chứng thư CSCA đã ký nó"),
		Citation: "Doc 9303-12 (8th ed.), 4.1.4.1",
	},
	Check: func(t *Together, report lint.Report) {
		for _, c := range append(slices.Clone(t.Certificates), t.signerIf()...) {
			if k := cert.Classify(c); k == lint.CSCA || k == lint.Link {
				continue
			}
			for _, ca := range t.authorities(c.Issuer.Raw) {
				end, ok := c.NotAfter.When()
				limit, ok2 := ca.NotAfter.When()
				if ok && ok2 && bytes.Equal(ca.SubjectKeyID(), c.AuthorityKeyID()) && c.AuthorityKeyID() != nil && end.After(limit) {
					report("certificates", "one of kind %s does, by %d days", cert.Classify(c), int(end.Sub(limit)/(24*time.Hour)))
				}
			}
		}
	},
}

// signerIf is the signer of EF.SOD, where there is one.
func (t *Together) signerIf() []*cert.Certificate {
	if c := t.signer(); c != nil {
		return []*cert.Certificate{c}
	}
	return nil
}
