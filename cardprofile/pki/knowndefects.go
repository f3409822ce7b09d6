package pki

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// KnownDefect is an entry of a deviation list that speaks of one document. Only
// (*Store).KnownDefects makes one. It excuses nothing by itself: Doc 9303-3 (8th
// ed.), 7.3.3 leaves to whoever inspects what follows from it.
type KnownDefect struct {
	country string
	date    time.Time
	sha256  string
	what    DefectDescription
}

// Country is the two-letter code of the State whose list it is.
func (k KnownDefect) Country() string { return k.country }

// ListDate is when the list was signed; zero when it does not say.
func (k KnownDefect) ListDate() time.Time { return k.date }

// ListSHA256 is the digest of the list's file, in hexadecimal.
func (k KnownDefect) ListSHA256() string { return k.sha256 }

// Description says what is wrong.
func (k KnownDefect) Description() DefectDescription { return k.what }

// Covers says whether the defect is about what the check of that id found.
func (k KnownDefect) Covers(check string) bool { return k.what.Covers(check) }

// String is "known defect of issuer EE, list of 2018-06-26: …".
func (k KnownDefect) String() string {
	date := "without date"
	if !k.date.IsZero() {
		date = "of " + day(k.date)
	}
	return fmt.Sprintf("known defect of issuer %s, list %s: %s", k.country, date, k.what)
}

// DeviationSource is a deviation list of a store with a signature that was checked
// against the CSCAs the store holds now. Only (*Store).DeviationLists makes one.
type DeviationSource struct {
	list    *DeviationList
	signer  *Certificate
	csca    *Certificate
	date    time.Time
	sha256  string
	country string
}

// Country is the two-letter code of the State, by the CSCA behind the list's signer.
func (d *DeviationSource) Country() string { return d.country }

// Date is when the list was signed; zero when it does not say.
func (d *DeviationSource) Date() time.Time { return d.date }

// SHA256 is the digest of the list's file, in hexadecimal.
func (d *DeviationSource) SHA256() string { return d.sha256 }

// Signer is the list signer's certificate, CSCA the anchor of the store behind it.
func (d *DeviationSource) Signer() *Certificate { return d.signer }

// CSCA is the anchor of the store behind the signer.
func (d *DeviationSource) CSCA() *Certificate { return d.csca }

// Defects are the entries of the list.
func (d *DeviationSource) Defects() []Defect { return d.list.Defects }

// KnownDefects returns what the deviation lists of the store say of one document.
// A State speaks of its own documents alone: the country is that of the Document
// Signer's issuer. Of several lists of a State the newest counts, since a defect
// that it leaves out has been taken back.
//
// What a list says of document numbers is found by the number the document gives,
// which proves nothing when its signature is wrong: a known defect is a reason to
// look closer, never a proof.
func (s *Store) KnownDefects(o DefectSubject) []KnownDefect {
	if o.Signer == nil {
		return nil
	}
	var out []KnownDefect
	for _, d := range s.DeviationLists() {
		if d.country != o.Signer.Issuer.Country() {
			continue
		}
		for i := range d.list.Defects {
			if !d.list.Defects[i].applies(o) {
				continue
			}
			for _, x := range d.list.Defects[i].Descriptions {
				out = append(out, KnownDefect{country: d.country, date: d.date, sha256: d.sha256, what: x})
			}
		}
	}
	return out
}

// DeviationLists returns the newest deviation list of each State in the store, by
// country. A list whose signer no CSCA of the store issued, or that a CRL of the
// store revokes, is left out.
func (s *Store) DeviationLists() []*DeviationSource {
	s.mu.Lock()
	cached, entries, generation := s.deviations, slices.Clone(s.deviationEntries), s.generation
	s.mu.Unlock()
	if cached != nil {
		return cached
	}
	newest := map[string]*DeviationSource{}
	for _, e := range entries {
		d, err := s.loadDeviations(e)
		if err != nil {
			continue
		}
		if old := newest[d.country]; old == nil || d.date.After(old.date) {
			newest[d.country] = d
		}
	}
	out := []*DeviationSource{}
	for _, d := range newest {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *DeviationSource) int { return cmp.Compare(a.country, b.country) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation == generation {
		s.deviations = out
	}
	return out
}

// DeviationList returns a deviation list of the store by the SHA-256 of its file in
// hexadecimal, as read: DeviationLists has those that count.
func (s *Store) DeviationList(sha256 string) (*DeviationList, error) {
	s.mu.Lock()
	e := s.byHash[sha256]
	s.mu.Unlock()
	if e == nil || e.Kind != KindDeviationList {
		return nil, fmt.Errorf("pki: the store holds no deviation list %q", sha256)
	}
	b := e.raw
	if b == nil {
		var err error
		if b, err = s.readObject(dirDeviations, sha256); err != nil {
			return nil, err
		}
	}
	return ParseDeviationList(b)
}

// loadDeviations reads a list of the store and checks it anew.
func (s *Store) loadDeviations(e *Entry) (*DeviationSource, error) {
	l, err := s.DeviationList(e.SHA256)
	if err != nil {
		return nil, err
	}
	return s.verifyDeviations(l, e.SHA256)
}

// verifyDeviations checks a deviation list against the store.
func (s *Store) verifyDeviations(l *DeviationList, sha string) (*DeviationSource, error) {
	signer, err := deviationLists.verify(l.Signed, s.anchorOf, nil)
	if err != nil {
		return nil, err
	}
	if s.revoked(signer.signer, signer.csca) {
		return nil, errors.New("pki: the signer of the deviation list was revoked")
	}
	return &DeviationSource{list: l, signer: signer.signer, csca: signer.csca, date: signer.signingTime, sha256: sha,
		country: strings.ToUpper(signer.csca.Subject.Country())}, nil
}

// anchorOf returns the CSCA of the store that c leads to, through link certificates
// of the store or of the list it came in.
func (s *Store) anchorOf(c *Certificate, pool func() []*Certificate) *Certificate {
	if a := climb(c, s.isAnchor, s.issuers); a != nil {
		return a
	}
	return climb(c, s.isAnchor, func(c *Certificate) []*Certificate { return append(s.issuers(c), pool()...) })
}

// revoked says whether a CRL of the store lists a certificate that csca answers for.
func (s *Store) revoked(c, csca *Certificate) bool {
	l := s.crlFor(c, csca)
	if l == nil {
		return false
	}
	_, listed := l.Revoked(c.Serial)
	return listed
}
