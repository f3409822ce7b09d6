package pki

import "bytes"

// anchorFunc returns the anchor that a list signer leads to, directly or through
// link certificates, nil when there is none. pool has the certificates that the list
// brings.
type anchorFunc func(signer *Certificate, pool func() []*Certificate) *Certificate

// among looks for the anchor in a list of them; nil, when the list is empty, lets a
// signed list vouch for itself.
func among(anchors []*Certificate) anchorFunc {
	if len(anchors) == 0 {
		return nil
	}
	return func(signer *Certificate, pool func() []*Certificate) *Certificate {
		isAnchor := func(c *Certificate) bool { return holdsCertificate(anchors, c) }
		if a := climb(signer, isAnchor, func(*Certificate) []*Certificate { return anchors }); a != nil {
			return a
		}
		all := append(anchors[:len(anchors):len(anchors)], pool()...)
		return climb(signer, isAnchor, func(*Certificate) []*Certificate { return all })
	}
}

// ownAnchor is the CSCA that a list brings for its own signer: self-signed where
// there is such a one, else what issued the signer.
func ownAnchor(signer *Certificate, pool func() []*Certificate) *Certificate {
	own := func(*Certificate) []*Certificate { return pool() }
	if a := climb(signer, (*Certificate).SelfSigned, own); a != nil {
		return a
	}
	return climb(signer, func(*Certificate) bool { return true }, own)
}

func holdsCertificate(list []*Certificate, c *Certificate) bool {
	for _, x := range list {
		if bytes.Equal(x.Raw, c.Raw) {
			return true
		}
	}
	return false
}

// maxTrials bounds the keys that are tried on the way from one signer to an anchor: a
// list may be full of certificates that give themselves the name of an issuer.
const maxTrials = 256

// climb goes from c to the first anchor above it, the nearest first. candidates may
// return more than the issuers of a certificate: names and key identifiers choose
// among them, and signatures decide. A self-signed CSCA that signed c is its own
// anchor too.
func climb(c *Certificate, isAnchor func(*Certificate) bool, candidates func(*Certificate) []*Certificate) *Certificate {
	trials, seen := 0, map[string]bool{string(c.Raw): true}
	if c.mayCertify() && isAnchor(c) {
		return c
	}
	for queue := []*Certificate{c}; len(queue) > 0; queue = queue[1:] {
		c := queue[0]
		for _, ca := range candidates(c) {
			if seen[string(ca.Raw)] || !mayIssue(ca, c) || !ca.mayCertify() {
				continue
			}
			if trials++; trials > maxTrials {
				return nil
			}
			if _, err := c.CheckSignatureFrom(ca); err != nil {
				continue
			}
			if isAnchor(ca) {
				return ca
			}
			seen[string(ca.Raw)] = true
			queue = append(queue, ca)
		}
	}
	return nil
}

// mayIssue says whether ca is worth a signature check as issuer of c: its key
// identifier is the one c names, or its name is c's issuer.
func mayIssue(ca, c *Certificate) bool {
	if c.AuthorityKeyID != nil && string(ca.SubjectKeyID) == string(c.AuthorityKeyID) {
		return ca.Subject.Country() == c.Issuer.Country()
	}
	return ca.Subject.canonical() == c.Issuer.canonical()
}

// parseAll parses those certificates that can be read and may certify others.
func parseAll(list [][]byte) []*Certificate {
	var out []*Certificate
	for _, raw := range list {
		if c, err := ParseCertificate(raw); err == nil && c.mayCertify() {
			out = append(out, c)
		}
	}
	return out
}
