package station

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Make makes one card of w, from the blank to the bin.
//
// A nil error means that the station can go on with the next request, whatever
// became of this one: a card, an untouched blank that stays ready, or a reject in
// the locked bin. An error means that the station has to be looked at, and
// Recover must run before the next Make.
func (s *Station) Make(ctx context.Context, w *Work) (Result, error) {
	var c store.Card
	if err := s.record(ctx, "draw", func(tx *store.Tx) error {
		lot, err := tx.Lot(ctx, s.Blanks)
		if err != nil {
			return err
		}
		if lot.Stopped {
			return fmt.Errorf("%w: %s: %s", ErrLotStopped, s.Blanks, lot.Reason)
		}
		c, err = tx.Draw(ctx, w.Request.ID, s.Name)
		return err
	}); err != nil {
		return Result{}, err
	}
	if err := s.feed(ctx, &c); err != nil {
		return s.fail(ctx, c, err)
	}
	made, err := s.personalize(ctx, &c, w)
	if err != nil {
		return s.fail(ctx, c, err)
	}
	return s.finish(ctx, c, w, made)
}

// finish is the way of a card whose chip is whole.
func (s *Station) finish(ctx context.Context, c store.Card, w *Work, made *issue.Card) (Result, error) {
	if c.State == card.Locked {
		if err := s.print(ctx, &c, w); err != nil {
			return s.fail(ctx, c, err)
		}
	}
	if c.State == card.Printed {
		if err := s.check(ctx, &c, w, made); err != nil {
			return s.fail(ctx, c, err)
		}
	}
	return s.deliver(ctx, c, w)
}

// feed brings a blank to the encoder.
func (s *Station) feed(ctx context.Context, c *store.Card) error {
	if s.Printer == nil {
		return nil
	}
	if !s.loaded {
		if err := s.do(ctx, c, s.Printer.Feed); err != nil {
			return err
		}
	}
	s.loaded = false
	return s.toChip(ctx, c)
}

func (s *Station) toChip(ctx context.Context, c *store.Card) error {
	if s.Printer == nil {
		return nil
	}
	return s.do(ctx, c, func(ctx context.Context) error { return s.Printer.MoveTo(ctx, s.Chip) })
}

// steps are the states that the steps of issuing lead into.
var steps = map[issue.Step]card.State{
	issue.StepProbed:  card.Probed,
	issue.StepKeys:    card.KeysMade,
	issue.StepSigning: card.Signing,
	issue.StepSigned:  card.Signed,
	issue.StepWriting: card.Writing,
	issue.StepLocked:  card.Locked,
}

func (s *Station) personalize(ctx context.Context, c *store.Card, w *Work) (*issue.Card, error) {
	chip, err := s.Encoder.Connect(ctx)
	if err != nil {
		return nil, err
	}
	made, err := s.Issuer.Personalize(ctx, chip, w.Plan, issue.Options{
		Now: s.Store.Now(),
		Journal: issue.JournalFunc(func(ctx context.Context, e issue.Entry) error {
			to, ok := steps[e.Step]
			if !ok {
				return fmt.Errorf("station: no state for the step %q", e.Step)
			}
			mark := store.Mark{Serial: fmt.Sprintf("%X", e.Serial), Digest: e.Digest}
			if to == card.Probed {
				// Nothing was written to the chip yet: the last moment at which it may turn out not to be ours.
				return s.vouched(ctx, c, mark)
			}
			return s.advance(ctx, c, to, mark)
		}),
	})
	if cerr := chip.Close(); err == nil && cerr != nil {
		err = cerr
	}
	return made, err
}

func (s *Station) print(ctx context.Context, c *store.Card, w *Work) error {
	if s.Printer == nil {
		return s.advance(ctx, c, card.Printed, store.Mark{})
	}
	if err := s.advance(ctx, c, card.Printing, store.Mark{}); err != nil {
		return err
	}
	front, back := w.Front, w.Back
	front.Card, back.Card = c.ID, c.ID
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return s.Printer.Print(ctx, front) },
		s.Printer.Flip,
		func(ctx context.Context) error { return s.Printer.Print(ctx, back) },
	} {
		if err := s.do(ctx, c, step); err != nil {
			return err
		}
	}
	return s.advance(ctx, c, card.Printed, store.Mark{})
}

func (s *Station) check(ctx context.Context, c *store.Card, w *Work, made *issue.Card) error {
	if err := s.toChip(ctx, c); err != nil {
		return err
	}
	chip, err := s.Encoder.Connect(ctx)
	if err != nil {
		return err
	}
	bound := *w
	bound.Serial = c.Serial
	q, err := s.Checker.Check(ctx, chip, &bound, made)
	if cerr := chip.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if q.Problem != "" {
		return &badCard{q}
	}
	return s.record(ctx, string(card.Checked), func(tx *store.Tx) error {
		next, err := tx.Advance(ctx, *c, card.Checked, store.Mark{Station: s.Name, Digest: q.Digest})
		if err != nil {
			return err
		}
		if _, err := tx.Authenticated(ctx, s.Blanks, true, s.limit(), ""); err != nil {
			return err
		}
		*c = next
		return nil
	})
}

func (s *Station) inspect(ctx context.Context, c *store.Card, w *Work, made *issue.Card) (Quality, error) {
	if err := s.toChip(ctx, c); err != nil {
		return Quality{}, err
	}
	chip, err := s.Encoder.Connect(ctx)
	if err != nil {
		return Quality{}, err
	}
	q, err := s.Checker.Check(ctx, chip, w, made)
	if cerr := chip.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err == nil && q.Problem != "" {
		err = &badCard{q}
	}
	return q, err
}

// badCard is a card that an inspection did not pass.
type badCard struct{ Quality }

func (b *badCard) Error() string { return "inspection: " + b.Problem }

// deliver brings a good card into its bin and ends the request.
func (s *Station) deliver(ctx context.Context, c store.Card, w *Work) (Result, error) {
	if s.Printer != nil {
		st, err := s.Printer.Status(ctx)
		if err != nil {
			return Result{Card: c}, err
		}
		if st.Station != printer.StationNone {
			if err := s.eject(ctx, &c, st.Ejected); err != nil {
				// The card is good, and is not where good cards lie.
				return s.fail(ctx, c, err)
			}
		}
	}
	to := card.Good
	if w.Request.Kind == store.KindSample {
		to = card.Sample
	}
	if err := s.record(ctx, string(to), func(tx *store.Tx) error {
		next, err := tx.Advance(ctx, c, to, store.Mark{Station: s.Name})
		if err != nil {
			return err
		}
		if w.Done != nil {
			if err := w.Done(tx); err != nil {
				return err
			}
		}
		c = next
		return nil
	}); err != nil {
		return Result{Card: c}, err
	}
	return Result{Card: c, Good: true}, nil
}

// eject brings the card to the good bin. Where people had hands in the machine,
// what lies inside may be another card by now, and none is good any more that is
// not in the bin already, as the printer counts.
func (s *Station) eject(ctx context.Context, c *store.Card, before int) error {
	err := s.Printer.Eject(ctx)
	for printer.Resumable(err) {
		s.warn("the printer wants somebody", *c, err)
		decision, herr := s.Operator.Halted(ctx, s, *c, err)
		if herr != nil {
			return herr
		}
		st, serr := s.Printer.Status(ctx)
		if serr != nil {
			return fmt.Errorf("%w: %w", errUnasked, serr)
		}
		if st.Ejected > before {
			return s.Printer.Cancel(ctx)
		}
		if decision == GiveUp || errors.Is(err, printer.ErrJam) || errors.Is(err, printer.ErrCover) {
			return errors.Join(err, s.Printer.Cancel(ctx))
		}
		err = s.Printer.Resume(ctx)
	}
	return err
}

// fail decides what becomes of a card whose way ended with cause.
func (s *Station) fail(ctx context.Context, c store.Card, cause error) (Result, error) {
	s.warn("the card ended", c, cause)
	if fatal(ctx, cause) {
		return Result{Card: c, Problem: cause}, cause
	}
	var err error
	switch c.State {
	case card.Drawn, card.Probed:
		err = s.keepBlank(ctx, &c, cause)
	default:
		err = s.reject(ctx, &c, reason(cause), authentication(cause))
	}
	if err != nil {
		return Result{Card: c, Problem: cause}, errors.Join(cause, err)
	}
	// The token serves every card: the next would end the same way.
	if errors.Is(cause, hsm.Err) || errors.Is(cause, issue.ErrAuthority) {
		return Result{Card: c, Problem: cause}, cause
	}
	return Result{Card: c, Problem: cause}, nil
}

// fatal: nothing that could be decided now would be written or carried out.
func fatal(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, store.ErrState) || errors.Is(err, ErrDied) || errors.Is(err, ErrStopped) || errors.Is(err, errUnasked)
}

// errUnasked: the printer does not say where the card is. Nothing is decided
// about it before it does.
var errUnasked = errors.New("station: the printer does not answer")

// ErrDied ends a station at once, as a killed process ends: nothing more is
// written or moved. Campaigns use it.
var ErrDied = errors.New("station: the process was killed")

// ErrStopped: the line stops while the station waits for a person. The card stays
// as it is, and the next start accounts for it.
var ErrStopped = errors.New("station: the line stops")

// authentication: chip and line could not agree on a key.
func authentication(err error) bool {
	var b *badCard
	if errors.As(err, &b) {
		return b.Authentication
	}
	return errors.Is(err, applet.ErrKeys)
}

// reason is why a card was rejected, in words without personal data.
func reason(err error) string {
	var b *badCard
	var m *store.ManifestError
	switch {
	case errors.As(err, &b):
		return b.Error()
	case errors.As(err, &m):
		return m.Error()
	case errors.Is(err, printer.Err):
		return "printer: " + err.Error()
	case errors.Is(err, hsm.Err):
		return "token: " + err.Error()
	}
	return "chip: " + err.Error()
}
