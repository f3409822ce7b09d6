package pki

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// UnanchoredError says that a list is signed rightly by somebody whom no anchor
// vouches for. It wraps ErrListAnchor.
type UnanchoredError struct {
	Kind   string       // "master list" or "deviation list"
	Signer *Certificate // who signed the list
	CSCA   *Certificate // the CSCA that the list brings for its signer, nil when it brings none
	Held   bool         // the store holds that CSCA
	Other  bool         // anchors were named with this import, and this is none of them
}

func (e *UnanchoredError) Error() string {
	text := fmt.Sprintf("the %s was signed by %s", e.Kind, e.Signer)
	switch {
	case e.CSCA == nil:
		return text + ", and its CSCA is not in the list"
	case e.Other:
		text += fmt.Sprintf(", issued by %s, which is none of the anchors you named", e.CSCA)
	case e.Held:
		text += fmt.Sprintf(", issued by %s, which came into this store with another list and was not named by you", e.CSCA)
	default:
		text += fmt.Sprintf(", issued by %s, which nobody here vouches for", e.CSCA)
	}
	return text + "; SHA-256 of that CSCA certificate: " + e.CSCA.Fingerprint()
}

func (e *UnanchoredError) Unwrap() error { return ErrListAnchor }

// anchor finds the anchor of a list in the order of how plainly the operator named
// it: with this import, to the store before, or by confirming a fingerprint now. by
// says which it was.
func (b *batch) anchor(k listKind, sd *cms.SignedData, listed [][]byte) (s *ListSigner, by string, err error) {
	stored := b.s.namedAnchorOf
	if k.name == deviationLists.name {
		stored = b.s.anchorOf // a State speaks of its own documents, and is known by its CSCA
	}
	if len(b.o.Anchors) > 0 {
		stored = b.o.anchorOf
	}
	s, err = k.verify(sd, stored, listed)
	switch {
	case err == nil && len(b.o.Anchors) > 0:
		return s, "anchor", nil
	case err == nil:
		return s, "store", nil
	case !errors.Is(err, ErrListAnchor):
		return nil, "", err
	}
	// What the list says of itself: for the operator to confirm, or to look up.
	confirmed := func(c *Certificate, pool func() []*Certificate) *Certificate {
		if a := ownAnchor(c, pool); a != nil && b.o.confirms(a.Fingerprint()) && a.SelfSigned() {
			return a
		}
		return nil
	}
	if s, err = k.verify(sd, confirmed, listed); err == nil {
		return s, "confirmed", nil
	}
	alone := &UnanchoredError{Kind: k.name, Other: len(b.o.Anchors) > 0}
	if alone.Signer, _, err = k.signerOf(sd); err != nil {
		return nil, "", err
	}
	if s, err := k.verify(sd, nil, listed); err == nil && s.csca.SelfSigned() {
		alone.CSCA, alone.Held = s.csca, b.s.isAnchor(s.csca)
	}
	return nil, "", alone
}

// anchorOf is the CSCA among the anchors of this import that a list signer leads to.
func (o ImportOptions) anchorOf(c *Certificate, pool func() []*Certificate) *Certificate {
	var cscas []*Certificate
	for _, a := range o.Anchors {
		if a.mayCertify() && a.SelfSigned() {
			cscas = append(cscas, a)
		}
	}
	if len(cscas) == 0 {
		return nil
	}
	return among(cscas)(c, pool)
}

// namedAnchorOf is anchorOf among the CSCAs that the operator named.
func (s *Store) namedAnchorOf(c *Certificate, pool func() []*Certificate) *Certificate {
	if a := climb(c, s.isNamed, s.issuers); a != nil {
		return a
	}
	return climb(c, s.isNamed, func(c *Certificate) []*Certificate { return append(s.issuers(c), pool()...) })
}

// readList checks one signed list and takes its anchor in. It reports false for one
// that was refused.
func (b *batch) readList(k listKind, sd *cms.SignedData, listed [][]byte, deviations []cardprofile.Deviation) (bool, error) {
	b.kind(k.name)
	sha := fingerprint(sd.Raw)
	signer, by, err := b.anchor(k, sd, listed)
	if err == nil {
		for _, c := range []*Certificate{signer.signer, signer.csca} {
			if c.TestMark && !b.s.test {
				err = fmt.Errorf("signed under %s, which %w", c, ErrTestMark)
			}
		}
		if err == nil && b.s.revoked(signer.signer, signer.csca) {
			err = fmt.Errorf("%w: its signer %s was revoked", ErrListSignature, signer.signer)
		}
	}
	if err != nil {
		b.refuse("the "+k.name, sha, err)
		return false, nil
	}
	if by != "store" {
		if err := b.readCertificate(signer.csca.Raw, map[string]string{"anchor": "anchor of a list", "confirmed": "confirmed"}[by]); err != nil {
			return false, err
		}
		// It is no news that what the operator named is in the store.
		if b.s.holds(signer.csca.Fingerprint()) {
			b.entries, b.bodies = b.entries[:len(b.entries)-1], b.bodies[:len(b.bodies)-1]
		}
	}
	report := ListReport{Kind: k.name, Signer: signer.signer.Subject.String(), CSCA: signer.csca.Subject.String(),
		CSCASHA256: signer.csca.Fingerprint(), Country: signer.csca.Subject.Country(), By: by}
	var at *time.Time
	if t := signer.signingTime; !t.IsZero() {
		at = &t
	}
	report.Signed = at
	b.report.Lists = append(b.report.Lists, report)
	b.report.Signer, b.report.Anchored, b.report.SigningAt = report.Signer, true, at
	b.deviate(deviations...)
	b.deviate(signer.deviations...)
	return true, nil
}

func (b *batch) readMasterList(data []byte) error {
	m, err := ParseMasterList(data)
	if err != nil {
		return err
	}
	ok, err := b.readList(masterLists, m.Signed, m.Certificates, m.Deviations)
	if err != nil || !ok {
		return err
	}
	loose := b.loose
	b.loose = false // the list's signature speaks for what is in it
	defer func() { b.loose = loose }()
	for _, raw := range m.Certificates {
		if err := b.readCertificate(raw, ""); err != nil {
			if errors.Is(err, errManyObjects) {
				return err
			}
			b.refuse("a certificate of the list", fingerprint(raw), err)
		}
	}
	return nil
}

func (b *batch) readDeviationList(data []byte) error {
	if b.full() {
		return errManyObjects
	}
	l, err := ParseDeviationList(bytes.Clone(data))
	if err != nil {
		return err
	}
	if ok, err := b.readList(deviationLists, l.Signed, nil, l.Deviations); err != nil || !ok {
		return err
	}
	b.lists = append(b.lists, l)
	return nil
}

// storeDeviations writes one deviation list, whose anchor is in the store by now.
func (b *batch) storeDeviations(l *DeviationList, src *Source) error {
	sha := fingerprint(l.Signed.Raw)
	e, err := newDeviationEntry(l)
	if err == nil {
		_, err = b.s.verifyDeviations(l, sha)
	}
	if r, gone := b.s.removalOf(sha); gone && err == nil {
		err = fmt.Errorf("was removed from this store by %s on %s: %s", r.Who, day(r.When), r.Why)
	}
	if err != nil {
		b.refuse("the deviation list", sha, err)
		return nil
	}
	src.Contents = append(src.Contents, sha)
	if b.s.holds(sha) {
		b.report.Known++
		return nil
	}
	if b.s.dir == "" {
		e.raw = l.Signed.Raw
	}
	if err := b.s.writeObjects([]object{{dirDeviations, sha, l.Signed.Raw}}); err != nil {
		return err
	}
	b.s.add(e)
	b.report.Added++
	return nil
}
