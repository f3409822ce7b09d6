package pki

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Files of a store that hold what its operator decided.
const (
	pinsFile    = "pins.json"
	namedFile   = "anchors.json"
	removedFile = "removed.json"
	followsFile = "bundle.json"
)

// Named is a CSCA that the operator named by itself, by importing its certificate,
// as the anchor of a list, or by confirming its fingerprint. Only such a one may
// vouch for a master list: a CSCA that came out of a list speaks for the documents
// of its own State, not for whom else to trust.
type Named struct {
	SHA256 string    `json:"sha256"` // of the certificate, hexadecimal
	How    string    `json:"how"`    // "imported", "anchor of a list" or "confirmed"
	When   time.Time `json:"when"`
}

// Removal is an object that the operator took out of the store. It does not come
// back with the next list.
type Removal struct {
	SHA256  string    `json:"sha256"`
	Subject string    `json:"subject"`
	Who     string    `json:"who"`
	Why     string    `json:"why"`
	When    time.Time `json:"when"`
}

// Named lists the CSCAs that the operator named.
func (s *Store) Named() ([]Named, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.loadNamed(); err != nil {
		return nil, err
	}
	return slices.Clone(s.named), nil
}

// loadNamed reads who was named on first use, which is the import of a list: to open
// a store for documents costs nothing for it. The caller holds mu.
func (s *Store) loadNamed() error {
	if s.namedLoaded {
		return nil
	}
	if err := s.readRecord(namedFile, &s.named); err != nil {
		return err
	}
	s.namedLoaded = true
	return nil
}

// isNamed is false for all when the record cannot be read: then nobody vouches.
func (s *Store) isNamed(c *Certificate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byHash[c.Fingerprint()]
	return e != nil && e.Kind == KindCSCA && s.loadNamed() == nil && slices.ContainsFunc(s.named, func(n Named) bool { return n.SHA256 == e.SHA256 })
}

// name notes that the operator named these CSCAs.
func (s *Store) name(how string, shas ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.loadNamed(); err != nil {
		return err
	}
	named, known := slices.Clone(s.named), map[string]bool{}
	for _, n := range named {
		known[n.SHA256] = true
	}
	for _, sha := range shas {
		if !known[sha] {
			known[sha] = true
			named = append(named, Named{SHA256: sha, How: how, When: now()})
		}
	}
	if len(named) == len(s.named) {
		return nil
	}
	if err := s.writeRecord(namedFile, named); err != nil {
		return err
	}
	s.named = named
	return nil
}

// Removed lists what the operator took out of the store.
func (s *Store) Removed() []Removal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.removed)
}

func (s *Store) removalOf(sha string) (Removal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.removed, func(r Removal) bool { return r.SHA256 == sha }); i >= 0 {
		return s.removed[i], true
	}
	return Removal{}, false
}

// Remove takes an object out of the store and keeps it out: who and why stand in the
// refusal that a later import of it meets.
func (s *Store) Remove(sha256, who, why string) (Removal, error) {
	if err := s.byHand(); err != nil {
		return Removal{}, err
	}
	who, why = strings.TrimSpace(who), strings.TrimSpace(why)
	if who == "" || why == "" {
		return Removal{}, errors.New("pki: a removal says who removed it, and why")
	}
	s.importing.Lock()
	defer s.importing.Unlock()
	subject, err := s.subject(sha256)
	if err != nil {
		return Removal{}, err
	}
	r := Removal{SHA256: sha256, Subject: subject, Who: who, Why: why, When: now()}
	s.mu.Lock()
	removed := append(slices.Clone(s.removed), r)
	// First the decision, then the deed: a power cut between them leaves an object
	// that is in the store and refused, and Open drops it.
	err = s.writeRecord(removedFile, removed)
	if err == nil {
		s.removed = removed
		err = s.drop(sha256)
	}
	s.mu.Unlock()
	if err != nil {
		return Removal{}, err
	}
	return r, s.writeIndex()
}

// Restore lets an object that was removed come back with the next import.
func (s *Store) Restore(sha256 string) error {
	if err := s.byHand(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	removed := slices.DeleteFunc(slices.Clone(s.removed), func(r Removal) bool { return r.SHA256 == sha256 })
	if len(removed) == len(s.removed) {
		return fmt.Errorf("pki: nothing with the SHA-256 %q was removed", sha256)
	}
	if err := s.writeRecord(removedFile, removed); err != nil {
		return err
	}
	s.removed = removed
	return nil
}

// drop takes an entry out of the maps and its file out of the folder; the caller
// holds mu and writes the index.
func (s *Store) drop(sha string) error {
	e := s.byHash[sha]
	if e == nil {
		return nil
	}
	if err := s.removeFile(e); err != nil {
		return err
	}
	entries := slices.DeleteFunc(slices.Clone(s.entries), func(x *Entry) bool { return x == e })
	s.reset(len(entries))
	for _, x := range entries {
		s.put(x)
	}
	return nil
}

func (s *Store) removeFile(e *Entry) error {
	if s.dir == "" {
		return nil
	}
	if err := os.Remove(filepath.Join(s.dir, e.folder(), e.SHA256+extensions[e.folder()])); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("pki: trust store: %w", err)
	}
	return nil
}

// subject names an object of the store for people.
func (s *Store) subject(sha string) (string, error) {
	s.mu.Lock()
	e := s.byHash[sha]
	s.mu.Unlock()
	if e == nil {
		return "", fmt.Errorf("pki: the store holds nothing with the SHA-256 %q", sha)
	}
	switch e.Kind {
	case KindCRL:
		l, err := s.CRL(sha)
		if err != nil {
			return "", err
		}
		return "the CRL of " + l.Issuer.String(), nil
	case KindDeviationList:
		l, err := s.DeviationList(sha)
		if err != nil {
			return "", err
		}
		if c := l.Signer(); c != nil {
			return "the deviation list of " + c.Subject.String(), nil
		}
		return "a deviation list", nil
	}
	c, err := s.Certificate(sha)
	if err != nil {
		return "", err
	}
	return c.Subject.String(), nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// writeRecord writes one of the files of decisions; in memory there is nothing to do.
func (s *Store) writeRecord(name string, v any) error {
	if s.dir == "" {
		return nil
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.dir, name), append(b, '\n')); err != nil {
		return fmt.Errorf("pki: trust store: %w", err)
	}
	return nil
}

// maxRecord bounds a file of decisions, in bytes.
const maxRecord = 16 << 20

// readRecords reads what the operator decided. A file that is there and cannot be
// read is an error: a store without its removals would trust what it must not.
func (s *Store) readRecords() error {
	for _, r := range []struct {
		name string
		into any
	}{{pinsFile, &s.pins}, {removedFile, &s.removed}, {followsFile, &s.follows}} {
		if err := s.readRecord(r.name, r.into); err != nil {
			return err
		}
	}
	return nil
}

// readRecord reads one file, leaving v alone where there is none.
func readRecord(path string, v any) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Size() > maxRecord {
		err = fmt.Errorf("it has %d bytes", info.Size())
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(path)
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("pki: trust store: %s cannot be read: %w", filepath.Base(path), err)
	}
	return nil
}
