package pki

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// load parses an entry's certificate on first use.
func (s *Store) load(e *Entry) (*Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.cert != nil {
		return e.cert, nil
	}
	b, err := s.readObject(dirCerts, e.SHA256)
	if err != nil {
		return nil, err
	}
	c, err := ParseCertificate(b)
	if err != nil {
		return nil, err
	}
	if c.TestMark && !s.test {
		return nil, fmt.Errorf("pki: %s %w", c, ErrTestMark)
	}
	e.cert = c
	return c, nil
}

// maxIssuers bounds the certificates that are looked at for one signature; a State
// has a dozen CSCAs of one name.
const maxIssuers = 64

// issuers returns the CA certificates that may have issued c: those whose key
// identifier c names, then those whose subject is c's issuer.
func (s *Store) issuers(c *Certificate) []*Certificate {
	s.mu.Lock()
	var found []*Entry
	if c.AuthorityKeyID != nil {
		found = append(found, s.byKeyID[string(c.AuthorityKeyID)]...)
	}
	found = append(found, s.bySubject[nameHash(c.Issuer)]...)
	s.mu.Unlock()
	// A self-signed certificate ends the path where a link with the same key goes on.
	slices.SortStableFunc(found, func(a, b *Entry) int { return strings.Compare(a.Kind, b.Kind) })
	var out []*Certificate
	seen := map[*Entry]bool{}
	for _, e := range found {
		if seen[e] || len(seen) == maxIssuers {
			continue
		}
		seen[e] = true
		// A key identifier is only a hint; another State's CSCA is never the issuer.
		if ca, err := s.load(e); err == nil && ca.Subject.Country() == c.Issuer.Country() {
			out = append(out, ca)
		}
	}
	return out
}

// isAnchor says whether the store holds this certificate as a self-signed CSCA.
func (s *Store) isAnchor(c *Certificate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byHash[c.Fingerprint()]
	return e != nil && e.Kind == KindCSCA
}

// Anchors returns the CSCA certificates of the store.
func (s *Store) Anchors() []*Certificate { return s.ofKind(KindCSCA) }

// signers returns the signer certificates of the store that a SignerInfo may name: by
// key identifier or serial number, which its reader then compares in full.
func (s *Store) signers(si *cms.SignerInfo) []*Certificate {
	id := "key " + string(si.SubjectKeyID)
	if si.SubjectKeyID == nil {
		if si.Serial == nil {
			return nil
		}
		id = "serial " + si.Serial.Text(16)
	}
	s.mu.Lock()
	found := slices.Clone(s.bySigner[id])
	s.mu.Unlock()
	return s.loadAll(found[:min(len(found), maxIssuers)])
}

func (s *Store) ofKind(kind string) []*Certificate {
	s.mu.Lock()
	var found []*Entry
	for _, e := range s.entries {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	s.mu.Unlock()
	return s.loadAll(found)
}

// loadAll returns the certificates of entries; one whose file is gone or was changed
// is left out.
func (s *Store) loadAll(found []*Entry) []*Certificate {
	var out []*Certificate
	for _, e := range found {
		if c, err := s.load(e); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// crlsOf returns the CRLs of a country.
func (s *Store) crlsOf(country string) []*CRL {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*CRL
	for _, e := range s.crls[country] {
		if l, err := s.loadCRL(e); err == nil {
			out = append(out, l)
		}
	}
	return out
}

// CRL returns a CRL of the store by its SHA-256 in hexadecimal. That a CSCA of the
// store signed it was checked when it came in, and is again when it is used.
func (s *Store) CRL(sha256 string) (*CRL, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byHash[sha256]
	if e == nil || e.Kind != KindCRL {
		return nil, fmt.Errorf("pki: the store holds no CRL %q", sha256)
	}
	return s.loadCRL(e)
}

// loadCRL parses an entry's CRL on first use; the caller holds mu.
func (s *Store) loadCRL(e *Entry) (*CRL, error) {
	if e.crl != nil {
		return e.crl, nil
	}
	b, err := s.readObject(dirCRLs, e.SHA256)
	if err != nil {
		return nil, err
	}
	l, err := ParseCRL(b)
	if err != nil {
		return nil, err
	}
	e.crl = l
	return l, nil
}
