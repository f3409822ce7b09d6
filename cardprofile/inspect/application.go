package inspect

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// enter selects the LDS1 application. A chip that refuses has none that could be
// read: SELECT by name needs no right (Doc 9303-10 (8th ed.), 3.6.1.2), unless the
// chip says that it wants one.
func (s *session) enter(ctx context.Context) error {
	err := s.reader().SelectApplication(ctx)
	var status apdu.Status
	if errors.As(err, &status) && status != apdu.ErrSecurityStatus {
		return fmt.Errorf("%w: %w", ErrNoApplication, err)
	}
	return err
}

// withoutBAC finds out what a chip is that offers no PACE and for which there is
// no BAC, because it refused the first command of it or the MRZ is not known.
// EF.COM tells: a document without access control gives it (Doc 9303-11 (8th ed.),
// 4.1, note 1, wants such documents read), one with BAC refuses it for want of
// access (4.3.2), and a blank, whose application is there from the beginning, has
// none. cause is what it is otherwise; a refused key, and a way to
// the chip that broke, are left as they are.
func (s *session) withoutBAC(ctx context.Context, cause error) error {
	var status apdu.Status
	if errors.Is(cause, bac.ErrDenied) || !errors.Is(cause, ErrNeedMRZ) && !errors.As(cause, &status) {
		return cause
	}
	_, refused, err := s.read(ctx, emrtd.COM)
	switch {
	case err != nil:
		return err
	case refused == nil || isDamage(refused):
		return s.openPlain()
	case errors.Is(refused, apdu.ErrSecurityStatus):
		return cause
	}
	// Not every chip with BAC words its refusal so. They know GET CHALLENGE,
	// which the others refuse.
	if r, err := s.sender.Send(ctx, apdu.Command{INS: 0x84, Ne: 8}); err != nil || r.Err() == nil {
		return errors.Join(err, cause)
	}
	return ErrNoApplication
}

// openPlain goes on without access control, where nobody expects any.
func (s *session) openPlain() error {
	if s.o.Profile != nil {
		return fmt.Errorf("%w: the chip has no access control, and cards of type %s have", ErrDowngrade, s.o.Profile.ID)
	}
	if s.access == "" {
		s.trail("used no access control because the chip has none")
	}
	s.access = plainAccess
	return nil
}

// plainAccess is the access to a chip that anybody can read.
const plainAccess = "none"

// notePlain reports a chip without access control, once it is known that nothing
// hid it.
func (v *Verdict) notePlain() {
	v.deviate(cardprofile.Deviation{Where: "chip", Rule: "chip.plain", Text: "it has no access control, which Doc 9303-11 (8th ed.), 4.1 no longer permits"})
}
