package pki

import (
	"bytes"
	"fmt"
	"strings"
)

// maxLinks bounds the link certificates between a signer's CSCA and an anchor. A
// CSCA renews its key every three to five years.
const maxLinks = 8

// chain fills the check sod.chain.
func (v *verification) chain() {
	c := &v.r.Chain
	switch {
	case v.r.Signature.Outcome != Passed:
		c.set(NotPerformed, "there is no valid signature to ask about")
		return
	case v.store == nil:
		c.set(NotPerformed, "no trust anchor: no trust store was given")
		return
	}
	ds := v.r.Signer
	if why := ds.mayIssueDocuments(); why != "" {
		c.set(Failed, "the signer's certificate must not sign documents: %s", why)
		return
	}
	path, why := v.store.path(ds)
	if path == nil {
		v.pinned(why)
		return
	}
	v.r.Anchor, v.r.Links = path[len(path)-1], path[:len(path)-1]
	for _, cert := range append([]*Certificate{ds}, path...) {
		if cert.TestMark {
			v.r.Test = true
			if !v.store.Test() {
				c.set(Failed, "%s carries the TEST mark, and this store was not made for tests", cert)
				return
			}
		}
	}
	v.deviate("CSCA certificate", v.r.Anchor.Deviations)
	v.names(path)
	if v.o.IssuingState != "" {
		state := v.r.CompareState(v.o.IssuingState)
		switch state.Outcome {
		case Failed:
			c.set(Failed, "%s", state.Reason)
			return
		case NotPerformed:
			v.note(v.o.Where, "pki.state", "%s", state.Reason)
		}
	}
	v.documentTypes()
	v.r.Trust = TrustAnchored
	reason := fmt.Sprintf("anchored: %s issued the Document Signer", path[0])
	if len(path) > 1 {
		reason += fmt.Sprintf(", linked to %s", v.r.Anchor)
	}
	c.set(Passed, "%s", reason+testSuffix(v.r.Test))
}

func testSuffix(test bool) string {
	if test {
		return " (TEST: this proves nothing about real documents)"
	}
	return ""
}

// pinned decides on a signer without a chain.
func (v *verification) pinned(why pathFailure) {
	c := &v.r.Chain
	ds := v.r.Signer
	pin, ok := v.store.pinOf(ds)
	switch {
	case ok && ds.TestMark && !v.store.Test():
		c.set(Failed, "%s carries the TEST mark, and this store was not made for tests", ds)
	case ok:
		v.r.Trust, v.r.Pin = TrustPinned, &pin
		v.r.Test = v.r.Test || ds.TestMark
		v.documentTypes()
		c.set(Passed, "pinned: trusted by the operator's own decision (%s, %s: %s), no CSCA confirms it%s",
			pin.Who, pin.When.UTC().Format("2006-01-02"), pin.Why, testSuffix(v.r.Test))
	case why.failed:
		c.set(Failed, "%s", why.reason)
	default:
		c.set(NotPerformed, "no trust anchor: %s", why.reason)
	}
}

// names notes where the names along a path that verified do not chain as they should.
func (v *verification) names(path []*Certificate) {
	child := v.r.Signer
	for _, ca := range path {
		if !bytes.Equal(child.Issuer.Raw, ca.Subject.Raw) {
			v.note("DS certificate", "pki.name", "the issuer is named %q, the CSCA's subject is %q", child.Issuer, ca.Subject)
		}
		if child.AuthorityKeyID == nil {
			v.note("DS certificate", "x509.authoritykeyid.missing", "authorityKeyIdentifier is absent, which Doc 9303-12, Table 6 makes mandatory")
		} else if ca.SubjectKeyID != nil && !bytes.Equal(child.AuthorityKeyID, ca.SubjectKeyID) {
			v.note("DS certificate", "pki.keyid", "authorityKeyIdentifier is not the CSCA's subjectKeyIdentifier")
		}
		child = ca
	}
	if d, s := v.r.Signer.Subject.Country(), v.r.Anchor.Subject.Country(); d != s {
		v.note("DS certificate", "pki.country", "the Document Signer names %s, its CSCA %s", d, s)
	}
}

// pathFailure says why no path was found. failed means that the store holds the very
// key the certificate names as its issuer's, and that key did not sign it.
type pathFailure struct {
	failed bool
	reason string
}

// path finds the certificates from the issuer of c up to a self-signed CSCA of the
// store. Candidates are those the key identifier names, then those with the name of
// the issuer; each is judged by the signature alone.
func (s *Store) path(c *Certificate) ([]*Certificate, pathFailure) {
	named, visited := 0, map[string]bool{}
	var why pathFailure
	var walk func(c *Certificate, depth int) []*Certificate
	walk = func(c *Certificate, depth int) []*Certificate {
		for _, ca := range s.issuers(c) {
			if !ca.mayCertify() || visited[ca.Fingerprint()] {
				continue
			}
			if depth == 0 {
				named++
			}
			if _, err := c.CheckSignatureFrom(ca); err != nil {
				if depth == 0 && c.AuthorityKeyID != nil && bytes.Equal(c.AuthorityKeyID, ca.SubjectKeyID) &&
					c.Issuer.canonical() == ca.Subject.canonical() {
					why.failed = true
				}
				continue
			}
			if s.isAnchor(ca) {
				return []*Certificate{ca}
			}
			if depth == maxLinks {
				continue
			}
			visited[ca.Fingerprint()] = true
			if rest := walk(ca, depth+1); rest != nil {
				return append([]*Certificate{ca}, rest...)
			}
		}
		return nil
	}
	if p := walk(c, 0); p != nil {
		return p, pathFailure{}
	}
	issuer := strings.TrimSpace(c.Issuer.CommonName() + " (" + c.Issuer.Country() + ")")
	switch {
	case why.failed:
		why.reason = fmt.Sprintf("the certificate names the key of %s as its issuer's, and that key did not sign it", issuer)
	case len(visited) > 0:
		why.reason = fmt.Sprintf("the store holds a link certificate of %s, but no self-signed CSCA that it leads to", issuer)
	case named > 0:
		why.reason = fmt.Sprintf("the store holds %s, but not the key that issued this Document Signer", issuer)
	default:
		why.reason = fmt.Sprintf("the store holds no CSCA %s", issuer)
	}
	return nil, why
}
