package cvc

import (
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// maxPoints is how many trust points an application has (TR-03110-3 v2.21,
// 2.5).
const maxPoints = 2

// Store is what a chip remembers for one application: its current date and its
// trust points (TR-03110-3 v2.21, 2.5 and 2.6). It is not for several
// goroutines at a time.
type Store struct {
	date   Date
	points []Key // the most recent first
}

// NewStore makes the memory of a new chip: the day of personalization and one
// or two CVCA keys (2.6). ErrDate, ErrRole, ErrKnown for two keys of one name,
// ErrFormat for their number.
func NewStore(date Date, points ...Key) (*Store, error) {
	if date.IsZero() {
		return nil, fmt.Errorf("%w: no current date", ErrDate)
	}
	if len(points) == 0 || len(points) > maxPoints {
		return nil, fmt.Errorf("%w: %d trust points", ErrFormat, len(points))
	}
	s := &Store{date: date}
	for _, p := range points {
		if p.CHAT.Role() != RoleCVCA {
			return nil, fmt.Errorf("%w: %v as trust point", ErrRole, p.CHAT.Role())
		}
		if _, err := p.Algorithm.normal(p.Public); err != nil {
			return nil, err
		}
		if _, double := s.Find(p.Reference); double {
			return nil, ErrKnown
		}
		s.points = append(s.points, p)
	}
	sortPoints(s.points)
	return s, nil
}

func sortPoints(points []Key) {
	slices.SortStableFunc(points, func(a, b Key) int { return b.Effective.number() - a.Effective.number() })
}

// Date is the current date: the latest day that the chip has evidence of.
func (s *Store) Date() Date { return s.date }

// Points are the trust points, the most recent first.
func (s *Store) Points() []Key { return slices.Clone(s.points) }

// References name the trust points, the most recent first, as PACE and EF.CVCA
// tell them. Expired ones are among them: link certificates still start there.
func (s *Store) References() []Reference {
	refs := make([]Reference, len(s.points))
	for i, p := range s.points {
		refs[i] = p.Reference
	}
	return refs
}

// Find is the trust point of this name, expired or not.
func (s *Store) Find(ref Reference) (Key, bool) {
	for _, p := range s.points {
		if p.Reference == ref {
			return p, true
		}
	}
	return Key{}, false
}

// Verify checks a certificate with its issuer's key, which is a trust point or
// what an earlier Verify returned, and then brings the memory up to date
// (TR-03110-3 v2.21, 2.5.1). The result is the holder's key. Nothing has
// changed after an error; beyond those of [Key.Verify] there are ErrExpired,
// ErrIssuerExpired and ErrKnown.
func (s *Store) Verify(issuer Key, c *Certificate) (Key, error) {
	k, err := issuer.Verify(c)
	if err != nil {
		return Key{}, err
	}
	role := c.CHAT.Role()
	link := role == RoleCVCA
	switch {
	// Expired links still lead on: a chip may have lain in a drawer for years.
	case !link && k.Expiration.Before(s.date):
		return Key{}, fmt.Errorf("%w: on %v, today is %v", ErrExpired, k.Expiration, s.date)
	case !link && issuer.Expiration.Before(s.date):
		return Key{}, fmt.Errorf("%w: on %v, today is %v", ErrIssuerExpired, issuer.Expiration, s.date)
	}
	// A.7.2.1: a trust point is not overwritten.
	if _, known := s.Find(k.Reference); known {
		return Key{}, fmt.Errorf("%w: %v", ErrKnown, k.Reference)
	}
	date, points := s.date, s.points
	// A terminal certificate tells the day only if an official domestic DV
	// issued it (2.5, accurate terminal certificates).
	accurate := role != RoleTerminal || issuer.CHAT.Role() == RoleDomesticDV
	if accurate && date.Before(k.Effective) {
		date = k.Effective
	}
	if link {
		points = append([]Key{k}, points...)
		sortPoints(points)
		// The one with the oldest effective date goes (2.5.1, step 3).
		points = points[:min(len(points), maxPoints)]
	}
	s.date, s.points = date, points
	return k, nil
}

// VerifyChain verifies certificates one after another, the first with a trust
// point, and returns the key of the last. What the ones before an error have
// changed stays, as on a chip. ErrIssuer if nobody has the key.
func (s *Store) VerifyChain(chain []*Certificate) (Key, error) {
	var last Key
	for i, c := range chain {
		issuer := last
		if i == 0 || c.CAR != last.Reference {
			var ok bool
			if issuer, ok = s.Find(c.CAR); !ok {
				return Key{}, fmt.Errorf("certificate %d: %w: %v", i+1, ErrIssuer, c.CAR)
			}
		}
		k, err := s.Verify(issuer, c)
		if err != nil {
			return Key{}, fmt.Errorf("certificate %d: %w", i+1, err)
		}
		last = k
	}
	if len(chain) == 0 {
		return Key{}, fmt.Errorf("%w: no certificates", ErrFormat)
	}
	return last, nil
}

// tagStore holds a stored memory; the tag is private to this encoding.
const tagStore tlv.Tag = 0x7F4F

// MarshalBinary writes date and trust points, for a chip's storage.
func (s *Store) MarshalBinary() ([]byte, error) {
	b := tlv.Encode(tagEffective, s.date.Encode())
	for _, p := range s.points {
		k, err := p.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = append(b, k...)
	}
	return tlv.Encode(tagStore, b), nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (s *Store) UnmarshalBinary(b []byte) error {
	n, err := new(reader).whole(b, tagStore)
	if err != nil {
		return err
	}
	children, err := n.Children()
	if err != nil || len(children) == 0 || len(children) > 1+maxPoints || children[0].Tag != tagEffective {
		return fmt.Errorf("%w: trust points", ErrFormat)
	}
	date, err := ParseDate(children[0].Value)
	if err != nil {
		return err
	}
	points := make([]Key, len(children)-1)
	for i, c := range children[1:] {
		if err := points[i].UnmarshalBinary(c.Raw); err != nil {
			return err
		}
	}
	next, err := NewStore(date, points...)
	if err != nil {
		return err
	}
	*s = *next
	return nil
}
