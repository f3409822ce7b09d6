package pki

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Pin is a Document Signer that the operator decided to trust by itself.
type Pin struct {
	SHA256 string    `json:"sha256"` // of the certificate, hexadecimal
	Who    string    `json:"who"`
	Why    string    `json:"why"`
	When   time.Time `json:"when"`
}

// Pin trusts one Document Signer certificate by the operator's own decision. who and
// why stand in every verdict that rests on it.
func (s *Store) Pin(c *Certificate, who, why string) error {
	if err := s.byHand(); err != nil {
		return err
	}
	who, why = strings.TrimSpace(who), strings.TrimSpace(why)
	switch {
	case who == "" || why == "":
		return errors.New("pki: a pin says who pinned the signer, and why")
	case c.TestMark && !s.test:
		return fmt.Errorf("pki: %s %w", c, ErrTestMark)
	}
	if err := c.MayIssueDocuments(); err != nil {
		return fmt.Errorf("pki: %s cannot be pinned: %w", c, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pins := slices.DeleteFunc(slices.Clone(s.pins), func(p Pin) bool { return p.SHA256 == c.Fingerprint() })
	return s.setPins(append(pins, Pin{SHA256: c.Fingerprint(), Who: who, Why: why, When: time.Now().UTC().Truncate(time.Second)}))
}

// Unpin takes a pin back.
func (s *Store) Unpin(sha256 string) error {
	if err := s.byHand(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pins := slices.DeleteFunc(slices.Clone(s.pins), func(p Pin) bool { return p.SHA256 == sha256 })
	if len(pins) == len(s.pins) {
		return fmt.Errorf("pki: no signer %q is pinned", sha256)
	}
	return s.setPins(pins)
}

// Pins lists the pinned signers.
func (s *Store) Pins() []Pin {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pins)
}

func (s *Store) pinOf(c *Certificate) (Pin, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pins {
		if p.SHA256 == c.Fingerprint() {
			return p, true
		}
	}
	return Pin{}, false
}

func (s *Store) setPins(pins []Pin) error {
	if err := s.writeRecord(pinsFile, pins); err != nil {
		return err
	}
	s.pins = pins
	return nil
}
