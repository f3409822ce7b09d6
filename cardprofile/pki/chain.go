package pki

import (
	"bytes"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// maxLinks bounds the link certificates between a signer's CSCA and an anchor. A
// CSCA renews its key every three to five years.
const maxLinks = 8

// chain fills the check sod.chain.
func (v *verification) chain() {
	c := &v.r.Chain
	switch {
	case v.r.Signature.Outcome != Passed:
		c.set(NotPerformed, "there is no valid signature to ask about", "không có chữ ký hợp lệ để xét")
		return
	case v.store == nil:
		c.set(NotPerformed, "no trust anchor: no trust store was given", "không có điểm neo tin cậy: không có kho tin cậy")
		return
	}
	ds := v.r.Signer
	if why := ds.mayIssueDocuments(); why != nil {
		c.set(Failed, "the signer's certificate must not sign documents: "+why.en, "chứng thư của bên ký không được phép ký giấy tờ: "+why.vi, why.args...)
		return
	}
	path, why := v.store.path(ds)
	if path == nil {
		v.pinned(why)
		return
	}
	v.r.Anchor, v.r.Links = path[len(path)-1].ca, nil
	for _, step := range path[:len(path)-1] {
		v.r.Links = append(v.r.Links, step.ca)
	}
	chain := append(append([]*Certificate{ds}, v.r.Links...), v.r.Anchor)
	for _, cert := range chain {
		if cert.TestMark {
			v.r.Test = true
			if !v.store.Test() {
				c.testMark(cert)
				return
			}
		}
	}
	for i, step := range path {
		where := "CSCA link certificate"
		if i == 0 {
			where = "DS certificate"
		}
		v.deviate(where, step.deviations)
	}
	v.deviate("CSCA certificate", v.r.Anchor.Deviations)
	v.names(chain)
	if v.o.IssuingState != "" {
		v.signerState(v.o.IssuingState)
		state := v.r.CompareState(v.o.IssuingState)
		switch state.Outcome {
		case Failed:
			c.Outcome, c.Reason, c.Vietnamese = Failed, state.Reason, state.Vietnamese
			return
		case NotPerformed:
			v.note(v.o.Where, "pki.state", "%s", state.Reason)
		}
	}
	v.documentTypes()
	v.r.Trust = TrustAnchored
	if len(path) > 1 {
		c.set(Passed, "anchored: %s issued the Document Signer, linked to %s", "đã neo: %s cấp chứng thư ký, liên kết đến %s", path[0].ca, v.r.Anchor)
	} else {
		c.set(Passed, "anchored: %s issued the Document Signer", "đã neo: %s cấp chứng thư ký", v.r.Anchor)
	}
	c.test(v.r.Test)
}

// test says in both languages that nothing real follows from a check.
func (c *Check) test(test bool) {
	if test {
		c.Reason += " (TEST: this proves nothing about real documents)"
		c.Vietnamese += " (TEST: thử nghiệm, không chứng minh được gì về giấy tờ thật)"
	}
}

func (c *Check) testMark(cert *Certificate) {
	c.set(Failed, "%s carries the TEST mark, and this store was not made for tests", "%s mang dấu TEST (thử nghiệm), mà kho này không phải kho thử nghiệm", cert)
}

// pinned decides on a signer without a chain.
func (v *verification) pinned(why pathFailure) {
	c := &v.r.Chain
	ds := v.r.Signer
	pin, ok := v.store.pinOf(ds)
	switch {
	case ok && ds.TestMark && !v.store.Test():
		c.testMark(ds)
	case ok:
		v.r.Trust, v.r.Pin = TrustPinned, &pin
		v.r.Test = v.r.Test || ds.TestMark
		v.documentTypes()
		c.set(Passed, "pinned: trusted by the operator's own decision (%s, %s: %s), no CSCA confirms it",
			"đã ghim: người vận hành tự quyết định tin (%s, %s: %s), không có CSCA xác nhận; không phải là \"đã xác thực\"",
			pin.Who, day(pin.When), pin.Why)
		c.test(v.r.Test)
	case why.failed:
		c.set(Failed, why.en, why.vi, why.args...)
	default:
		c.set(NotPerformed, "no trust anchor: "+why.en, "không có điểm neo tin cậy: "+why.vi, why.args...)
	}
}

// names notes where the names along a chain that verified do not follow one another
// as they should. chain begins with the signer.
func (v *verification) names(chain []*Certificate) {
	child := chain[0]
	for _, ca := range chain[1:] {
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

// words is a reason in both languages, over the same arguments.
type words struct {
	en, vi string
	args   []any
}

// pathFailure says why no path was found. failed means that the store holds the very
// key the certificate names as its issuer's, and that key did not sign it.
type pathFailure struct {
	failed bool
	words
}

// step is one certificate of a path, with what was tolerated when its key was found
// to have signed the certificate before it.
type step struct {
	ca         *Certificate
	deviations []cardprofile.Deviation
}

// path finds the certificates from the issuer of c up to a self-signed CSCA of the
// store. Candidates are those the key identifier names, then those with the name of
// the issuer; each is judged by the signature alone.
func (s *Store) path(c *Certificate) ([]step, pathFailure) {
	named, visited := 0, map[string]bool{}
	var why pathFailure
	var walk func(c *Certificate, depth int) []step
	walk = func(c *Certificate, depth int) []step {
		for _, ca := range s.issuers(c) {
			if !ca.mayCertify() || visited[ca.Fingerprint()] {
				continue
			}
			if depth == 0 {
				named++
			}
			devs, err := c.CheckSignatureFrom(ca)
			if err != nil {
				if depth == 0 && c.AuthorityKeyID != nil && bytes.Equal(c.AuthorityKeyID, ca.SubjectKeyID) &&
					c.Issuer.canonical() == ca.Subject.canonical() {
					why.failed = true
				}
				continue
			}
			if s.isAnchor(ca) {
				return []step{{ca, devs}}
			}
			if depth == maxLinks {
				continue
			}
			visited[ca.Fingerprint()] = true
			if rest := walk(ca, depth+1); rest != nil {
				return append([]step{{ca, devs}}, rest...)
			}
		}
		return nil
	}
	if p := walk(c, 0); p != nil {
		return p, pathFailure{}
	}
	why.args = []any{strings.TrimSpace(c.Issuer.CommonName() + " (" + c.Issuer.Country() + ")")}
	switch {
	case why.failed:
		why.en = "the certificate names the key of %s as its issuer's, and that key did not sign it"
		why.vi = "chứng thư ghi khóa của %s là khóa đã cấp nó, nhưng khóa đó không ký chứng thư này"
	case len(visited) > 0:
		why.en = "the store holds a link certificate of %s, but no self-signed CSCA that it leads to"
		why.vi = "trong kho có chứng thư liên kết của %s nhưng không có CSCA tự ký mà nó dẫn đến"
	case named > 0:
		why.en = "the store holds %s, but not the key that issued this Document Signer"
		why.vi = "trong kho có %s nhưng không có khóa đã cấp chứng thư ký này"
	default:
		why.en, why.vi = "the store holds no CSCA %s", "trong kho không có CSCA %s"
	}
	return nil, why
}
