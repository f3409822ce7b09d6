package pki

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// isBundle says whether data begins like a bundle: its content type stands within the
// first bytes of the SignedData.
func isBundle(data []byte) bool {
	return bytes.Contains(data[:min(len(data), 256)], cms.MarshalOID(OIDTrustBundle))
}

// bundle is one that was read, with a signature that holds.
type bundle struct {
	info    BundleInfo
	signer  *Certificate
	content bundleContent
}

// readBundle reads a bundle and checks its own signature. Whether the key that made
// it counts is for the store to say.
func readBundle(data []byte) (*bundle, error) {
	if len(data) > maxPlain {
		return nil, fmt.Errorf("the bundle has %d bytes, more than the %d that are read", len(data), maxPlain)
	}
	sd, err := cms.Parse(data)
	if err != nil {
		return nil, err
	}
	if sd.ContentType != OIDTrustBundle {
		return nil, fmt.Errorf("the content is of type %s, a trust bundle's is %s", sd.ContentType, OIDTrustBundle)
	}
	signer, devs, err := listKind{name: "bundle"}.signerOf(sd)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundleAltered, err)
	}
	verified, err := sd.Verify(sd.Signers[0], signer.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundleAltered, err)
	}
	// Bundles are ours alone: what departs from how we make them was not made so.
	for _, d := range slices.Concat(devs, sd.Deviations, verified.Deviations(), signer.Deviations) {
		if d.Rule == "x509.country.missing" || d.Rule == "x509.key.named" {
			continue // Doc 9303-12 wants it otherwise of issuers of documents, not of this one
		}
		return nil, fmt.Errorf("%w: %s", ErrBundleAltered, d.Text)
	}
	if !slices.Contains(signer.ExtKeyUsage, OIDTrustBundle) || !signer.SelfSigned() {
		return nil, fmt.Errorf("%w: the certificate in it is none of a bundle signer", ErrBundleAltered)
	}
	c, err := readBundleContent(verified.Content())
	if err != nil {
		return nil, err
	}
	b := &bundle{signer: signer, content: *c}
	key, err := KeyFingerprint(signer.PublicKey)
	if err != nil {
		return nil, err
	}
	b.info = BundleInfo{Version: c.Version, Issued: c.Issued, Expires: c.Expires, Test: c.Test, Key: key, SHA256: fingerprint(data)}
	return b, nil
}

// readBundleContent reads what a bundle carries.
func readBundleContent(content []byte) (*bundleContent, error) {
	c := &bundleContent{}
	in := json.NewDecoder(bytes.NewReader(content))
	in.DisallowUnknownFields()
	if err := in.Decode(c); err != nil || in.More() {
		return nil, errors.Join(errors.New("the content of the bundle cannot be read"), err)
	}
	switch {
	case c.Schema != bundleSchema:
		return nil, fmt.Errorf("the bundle is of a kind %q, which this program does not know", c.Schema)
	case c.Version < 1 || !c.Expires.After(c.Issued):
		return nil, errors.New("the bundle has no version, or ends before it begins")
	case len(c.Certificates)+len(c.CRLs)+len(c.DeviationLists) > MaxObjects:
		return nil, errManyObjects
	}
	return c, nil
}

// importBundle makes the store what a bundle says it is: what the bundle does not
// hold any more goes. The caller holds importing.
func (s *Store) importBundle(name string, data []byte, o ImportOptions) (*ImportReport, error) {
	b, err := readBundle(data)
	if err != nil {
		return nil, inputError(name, err)
	}
	if err := s.acceptBundle(b, o); err != nil {
		return nil, inputError(name, err)
	}
	report := &ImportReport{File: name, Kind: "bundle", Signer: "key " + b.info.Key, Anchored: true, SigningAt: &b.info.Issued, Bundle: &b.info}
	next, objects, err := s.bundleEntries(b, report)
	if err != nil {
		return nil, inputError(name, err)
	}
	// New files first, then what goes, then the decisions, then the index: after a
	// power cut the version is still the old one, and the bundle is imported again.
	if err := s.writeObjects(objects); err != nil {
		return nil, err
	}
	keep := map[string]bool{}
	for _, e := range next {
		keep[e.SHA256] = true
	}
	for _, e := range s.Entries() {
		if keep[e.SHA256] {
			continue
		}
		b.info.Removed++
		s.mu.Lock()
		err := s.removeFile(&e)
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	s.reset(len(next))
	for _, e := range next {
		s.put(e)
	}
	s.mu.Unlock()
	if err := s.follow(b); err != nil {
		return nil, err
	}
	for i := range b.content.Sources {
		if err := s.keepSource(&b.content.Sources[i], nil); err != nil {
			return nil, err
		}
	}
	return report, s.writeIndex()
}

// acceptBundle says why a bundle is not taken, nil when it is.
func (s *Store) acceptBundle(b *bundle, o ImportOptions) error {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	follows := s.Bundle()
	named := o.confirms(b.info.Key) || slices.ContainsFunc(o.Anchors, func(a *Certificate) bool {
		return a.PublicKey != nil && cms.SamePublicKey(a.PublicKey, b.signer.PublicKey)
	})
	switch {
	case named:
	case len(o.Anchors)+len(o.Confirm) > 0, follows == nil, follows.Key != b.info.Key:
		text := "it is the key with the SHA-256 " + b.info.Key
		if follows != nil {
			text += ", and this store follows that with " + follows.Key
		}
		return fmt.Errorf("%w: %s", ErrBundleSigner, text)
	}
	switch {
	case (b.content.Test || b.signer.TestMark) && !s.test:
		return fmt.Errorf("the bundle %w", ErrTestMark)
	case follows == nil && len(s.Entries())+len(s.Pins()) > 0:
		return errors.New("this store is kept by hand and holds something already; give bundles a store of their own")
	case follows != nil && b.info.Version < follows.Version:
		return fmt.Errorf("%w: the bundle has version %d, the store %d", ErrRollback, b.info.Version, follows.Version)
	case follows != nil && b.info.Version == follows.Version && b.info.SHA256 != follows.SHA256:
		return fmt.Errorf("%w: this is another bundle of version %d, which the store has already", ErrRollback, b.info.Version)
	case o.Now.After(b.info.Expires):
		return fmt.Errorf("%w: it counted until %s", ErrBundleExpired, day(b.info.Expires))
	case b.info.Issued.After(o.Now.Add(clockSkew)):
		return fmt.Errorf("the bundle is of %s, which is in the future; check the clock", day(b.info.Issued))
	}
	return nil
}

// bundleEntries reads every object of a bundle. One that cannot be read, or must not
// be here, refuses the whole.
func (s *Store) bundleEntries(b *bundle, r *ImportReport) (entries []*Entry, objects []object, err error) {
	seen := map[string]bool{}
	for _, part := range []struct {
		folder string
		list   [][]byte
	}{{dirCerts, b.content.Certificates}, {dirCRLs, b.content.CRLs}, {dirDeviations, b.content.DeviationLists}} {
		for _, der := range part.list {
			e, err := newEntry(part.folder, der)
			if err != nil {
				return nil, nil, fmt.Errorf("an object of the bundle cannot be read: %w", err)
			}
			if e.Test && !s.test {
				return nil, nil, fmt.Errorf("a certificate of the bundle %w", ErrTestMark)
			}
			if seen[e.SHA256] {
				return nil, nil, errors.New("the bundle holds an object twice")
			}
			seen[e.SHA256] = true
			if s.dir == "" {
				if part.folder == dirDeviations {
					e.raw = der
				}
			} else {
				e.cert, e.crl = nil, nil
			}
			switch {
			case s.holds(e.SHA256):
				r.Known++
			default:
				objects = append(objects, object{part.folder, e.SHA256, der})
				r.Added++
			}
			if part.folder == dirCRLs {
				r.CRLs++
			}
			entries = append(entries, e)
		}
	}
	return entries, objects, nil
}

// follow takes over the decisions of a bundle. The version goes last.
func (s *Store) follow(b *bundle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &b.content
	follows := &Following{BundleInfo: b.info, Imported: now()}
	for _, r := range []struct {
		name string
		v    any
	}{{pinsFile, nonNil(c.Pins)}, {namedFile, nonNil(c.Named)}, {removedFile, nonNil(c.Removed)}, {followsFile, follows}} {
		if err := s.writeRecord(r.name, r.v); err != nil {
			return err
		}
	}
	s.pins, s.named, s.namedLoaded, s.removed, s.follows = c.Pins, c.Named, true, c.Removed, follows
	return nil
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
