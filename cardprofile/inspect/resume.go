package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// maxResumes is how often a broken session is opened anew in one inspection.
const maxResumes = 2

// ErrOtherChip: the chip that came back after a lost session is not the one
// that was there before.
var ErrOtherChip = errors.New("inspect: another chip came back")

// resumable reports whether a new session may follow on an error: an answer
// without protection, or a chip that was lost on the way. A wrong checksum is
// neither: somebody is in between, and that ends it. Nor is a chip or a reader
// that hangs.
func resumable(err error) bool {
	var lost *linkError
	switch {
	case errors.Is(err, sm.ErrMAC), errors.Is(err, sm.ErrFormat):
		return false
	case errors.Is(err, apdu.ErrTimeout), errors.Is(err, apdu.ErrReaderGone):
		return false
	}
	return errors.Is(err, sm.ErrUnprotected) || errors.As(err, &lost)
}

// again opens a new session after the one before has broken with cause, up to
// where it was: the same access, never a weaker one, and chip authentication
// again if it had been begun. Nothing that the old session proved about the chip
// is kept; what was read is, and is judged by its hashes.
func (x *inspection) again(ctx context.Context, cause error) (apdu.Sender, error) {
	for {
		if err := x.restart(ctx, cause); err != nil {
			return nil, err
		}
		err := x.reopen(ctx)
		if err == nil {
			return x.sender, nil
		}
		cause = err
	}
}

// restart powers the chip on anew, if that is possible, allowed, and of use.
func (x *inspection) restart(ctx context.Context, cause error) error {
	if x.caUnproven() {
		// Whoever does not have the key cannot go on under it. A chip that
		// has, and broke for another reason, gets a second chance.
		broken := errors.Is(cause, sm.ErrUnprotected)
		if broken {
			x.caBroken++
		}
		_, can := x.link.t.(apdu.Resetter)
		if errors.Is(cause, sm.ErrMAC) || errors.Is(cause, sm.ErrFormat) || broken && (x.caBroken > 1 || !can || x.resumes == maxResumes) {
			return fmt.Errorf("%w: %w", errChipAuth, cause)
		}
	}
	if ctx.Err() != nil || !resumable(cause) {
		return cause
	}
	if x.resumes == maxResumes {
		return fmt.Errorf("%w (after %d new sessions)", cause, maxResumes)
	}
	before := x.link.atr()
	x.resumes++
	atr, can, err := x.link.reset(ctx)
	switch {
	case !can:
		return cause
	case err != nil:
		return fmt.Errorf("%w; and no new session: %w", cause, err)
	case len(before) > 0 && len(atr) > 0 && !bytes.Equal(atr, before):
		return ErrOtherChip
	}
	x.trail("opened a new session because of: %v", cause)
	x.sender, x.caChannel = x.witness, nil
	return nil
}

// reopen gets back into a chip that has just been powered on.
func (x *inspection) reopen(ctx context.Context) error {
	// What breaks here is counted where this was called from.
	resume := x.session.resume
	x.session.resume = nil
	defer func() { x.session.resume = resume }()
	switch x.place {
	case placeMF:
		if err := x.reader().SelectMF(ctx); err != nil {
			return err
		}
	case placeApplication:
		if err := x.reader().SelectApplication(ctx); err != nil {
			return err
		}
	}
	var err error
	switch x.session.access {
	case "pace":
		err = x.openPACE(ctx, x.access)
	case plainAccess:
		err = x.openPlain()
	default:
		err = x.openBAC(ctx, x.access)
	}
	if err == nil && x.ca != nil && x.ca.unsupported == nil {
		err = x.runCA(ctx)
	}
	if err == nil {
		err = x.repeatTA(ctx)
	}
	return err
}

// openFirst opens the chip; one that is lost on the way is tried again from the
// beginning.
func (x *inspection) openFirst(ctx context.Context) error {
	for {
		err := x.open(ctx, x.access)
		if err == nil {
			x.session.resume = x.again
			return nil
		}
		if err := x.restart(ctx, err); err != nil {
			return err
		}
		x.session.access, x.cardAccess, x.cam, x.files = "", nil, nil, nil
		x.deviations = slices.DeleteFunc(x.deviations, func(d deviationFrom) bool { return d.where == lds.NameCardAccess })
		x.caps = emrtd.Capabilities{}
	}
}
