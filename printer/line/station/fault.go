package station

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// do carries out an operation of the printer. At a fault that somebody can put
// right the station halts; what was printed is never printed again by itself.
func (s *Station) do(ctx context.Context, c *store.Card, op func(context.Context) error) error {
	err := op(ctx)
	for printer.Resumable(err) {
		s.warn("the printer wants somebody", *c, err)
		decision, herr := s.Operator.Halted(ctx, s, *c, err)
		if herr != nil {
			return herr
		}
		if decision == GiveUp {
			return errors.Join(err, s.Printer.Cancel(ctx))
		}
		err = s.Printer.Resume(ctx)
	}
	return err
}

// keepBlank is for a card on whose chip nothing was begun as far as the store
// knows: a probe decides whether it is a blank again.
func (s *Station) keepBlank(ctx context.Context, c *store.Card, cause error) error {
	why := reason(cause)
	if errors.Is(cause, store.ErrManifest) {
		// It goes to the locked bin as it is; a few in a row stop the lot.
		return s.reject(ctx, c, why, true)
	}
	if authentication(cause) {
		// The blank is as it came, and its keys are not what the supplier
		// said: nobody should find it in the next draw.
		return s.reject(ctx, c, why, true)
	}
	b, err := s.provenUntouched(ctx, *c)
	if err != nil && fatal(ctx, err) {
		return err
	}
	if err != nil || !b.untouched {
		return s.reject(ctx, c, why, false)
	}
	if err := s.advance(ctx, c, card.Untouched, store.Mark{Reason: why}); err != nil {
		return err
	}
	s.loaded = b.inside
	return nil
}

// blank is what is known of a blank that should lie in the station.
type blank struct {
	untouched bool // proven
	inside    bool // the printer holds it
}

// provenUntouched asks the printer where the blank is and the chip what it is.
func (s *Station) provenUntouched(ctx context.Context, c store.Card) (blank, error) {
	if s.Printer != nil {
		st, err := s.Printer.Status(ctx)
		if err != nil {
			return blank{}, fmt.Errorf("%w: %w", errUnasked, err)
		}
		if st.Suspended != "" {
			// Whatever it was: it is not done for this card any more. A blank
			// that is inside can then only be rejected.
			if err := s.Printer.Cancel(ctx); err != nil {
				return blank{}, fmt.Errorf("%w: %w", errUnasked, err)
			}
			if st, err = s.Printer.Status(ctx); err != nil {
				return blank{}, fmt.Errorf("%w: %w", errUnasked, err)
			}
			if st.Station != printer.StationNone {
				return blank{}, nil
			}
		}
		if st.Station == printer.StationNone {
			// The printer has taken nothing from the hopper for this card. A
			// blank that was probed has been inside.
			return blank{untouched: c.State == card.Drawn}, nil
		}
		if err := s.Printer.MoveTo(ctx, s.Chip); err != nil {
			return blank{}, err
		}
	}
	f, err := s.probe(ctx)
	if err != nil {
		return blank{}, err
	}
	same := c.Serial == "" || c.Serial == f.serial
	if !f.untouched || !same {
		return blank{}, nil
	}
	free, err := s.free(ctx, c, f.serial)
	return blank{untouched: free, inside: s.Printer != nil}, err
}

// found is what a probe says about the chip in the reader.
type found struct {
	serial    string // upper-case hexadecimal; empty if the chip does not tell
	untouched bool   // proven: the chip is as it came
}

// probe asks the chip in the reader what it is, and changes nothing on it.
func (s *Station) probe(ctx context.Context) (found, error) {
	chip, err := s.Encoder.Connect(ctx)
	if err != nil {
		return found{}, err
	}
	var atr []byte
	if l, ok := chip.(apdu.Limiter); ok {
		atr = l.ATR()
	}
	f, err := s.Driver.Probe(ctx, apdu.NewChannel(chip), atr)
	if cerr := chip.Close(); err == nil {
		err = cerr
	}
	return found{serial: fmt.Sprintf("%X", f.Serial), untouched: f.Mine && f.State == applet.Untouched}, err
}

// free reports whether no other card was begun on the chip that may be good or
// was rejected: a blank that is as it came, and was rejected for its keys, is not
// used again.
func (s *Station) free(ctx context.Context, c store.Card, serial string) (bool, error) {
	if serial == "" {
		return true, nil
	}
	var free bool
	err := s.record(ctx, "chip", func(tx *store.Tx) error {
		last, err := tx.ByChip(ctx, serial)
		switch {
		case errors.Is(err, store.ErrNotFound):
			free = true
		case err != nil:
			return err
		default:
			free = last.ID == c.ID || last.State == card.Untouched
		}
		return nil
	})
	return free, err
}

// reject writes that the card is a reject and then brings it to the locked bin.
// In that order: from the first moment on nobody may take it for good, and no
// second card may be begun before somebody has seen it in the bin.
func (s *Station) reject(ctx context.Context, c *store.Card, why string, authentication bool) error {
	err := s.record(ctx, string(card.RejectPending), func(tx *store.Tx) error {
		next, err := tx.Advance(ctx, *c, card.RejectPending, store.Mark{Station: s.Name, Reason: why})
		if err != nil {
			return err
		}
		if authentication {
			if _, err := tx.Authenticated(ctx, s.Blanks, false, s.limit(), why); err != nil {
				return err
			}
		}
		*c = next
		return nil
	})
	if err != nil {
		return err
	}
	return s.toBin(ctx, c)
}

// toBin brings whatever lies inside the printer to the locked bin.
func (s *Station) toBin(ctx context.Context, c *store.Card) error {
	if s.Printer == nil {
		return nil
	}
	st, err := s.Printer.Status(ctx)
	if err != nil {
		return err
	}
	if st.Suspended != "" {
		if err := s.Printer.Cancel(ctx); err != nil {
			return err
		}
	}
	if st.Station == printer.StationNone {
		return nil
	}
	return s.do(ctx, c, s.Printer.Reject)
}

// Recover accounts for what an earlier run of this station left: in the store
// the cards that it had, in the printer whatever lies inside. plan prepares the
// work of a request, for a card whose chip was whole and that can carry on.
func (s *Station) Recover(ctx context.Context, plan func(ctx context.Context, r store.Request) (*Work, error)) error {
	var left []store.Card
	if err := s.record(ctx, "recover", func(tx *store.Tx) (err error) {
		left, err = tx.Cards(ctx, store.Filter{Station: s.Name, InWork: true})
		return err
	}); err != nil {
		return err
	}
	for _, c := range left {
		if err := s.recoverCard(ctx, c, plan); err != nil {
			return fmt.Errorf("station %s: card %d, left as %s: %w", s.Name, c.ID, c.State, err)
		}
	}
	return s.clear(ctx)
}

func (s *Station) recoverCard(ctx context.Context, c store.Card, plan func(context.Context, store.Request) (*Work, error)) error {
	info, _ := c.State.Info()
	interrupted := errors.New("the line stopped while the card was " + string(c.State))
	s.warn("a card was left", c, interrupted)
	switch info.Recovery {
	case card.Probe:
		return s.keepBlank(ctx, &c, interrupted)
	case card.CarryOn, card.Deliver:
		here, err := s.here(ctx, c)
		if err != nil {
			return err
		}
		if !here && info.Recovery == card.CarryOn {
			return s.reject(ctx, &c, interrupted.Error()+", and is not here", false)
		}
		w, err := s.workOf(ctx, c, plan)
		if err != nil {
			return err
		}
		if info.Recovery == card.Deliver {
			// Whoever stood before a dead machine may have had hands in it.
			if err := s.same(ctx, &c, w); err != nil {
				_, err = s.fail(ctx, c, err)
				return err
			}
		}
		_, err = s.finish(ctx, c, w, nil)
		return err
	default:
		return s.reject(ctx, &c, interrupted.Error(), false)
	}
}

func (s *Station) workOf(ctx context.Context, c store.Card, plan func(context.Context, store.Request) (*Work, error)) (*Work, error) {
	var r store.Request
	if err := s.record(ctx, "recover", func(tx *store.Tx) (err error) {
		r, err = tx.Request(ctx, c.RequestID)
		return err
	}); err != nil {
		return nil, err
	}
	return plan(ctx, r)
}

// same proves that the card in the printer, if there is one, is the card that
// passed before.
func (s *Station) same(ctx context.Context, c *store.Card, w *Work) error {
	if s.Printer == nil {
		return nil
	}
	st, err := s.Printer.Status(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnasked, err)
	}
	if st.Station == printer.StationNone && st.Suspended == "" {
		return nil
	}
	if st.Suspended != "" {
		return errors.New("the printer was stopped while the card was delivered")
	}
	_, err = s.inspect(ctx, c, w, nil)
	return err
}

// here reports whether the chip in the station is the card's own.
func (s *Station) here(ctx context.Context, c store.Card) (bool, error) {
	if s.Printer != nil {
		st, err := s.Printer.Status(ctx)
		if err != nil {
			return false, err
		}
		if st.Station == printer.StationNone || st.Suspended != "" {
			return false, nil
		}
		if err := s.Printer.MoveTo(ctx, s.Chip); err != nil {
			return false, nil
		}
	}
	f, err := s.probe(ctx)
	if err != nil && fatal(ctx, err) {
		return false, err
	}
	return err == nil && f.serial != "" && f.serial == c.Serial, nil
}

// clear is for a card that lies in the printer though no card of the store is in
// work here. What the station had last says what it is: after an untouched one
// it is that blank, and the next card takes it over, proves it or rejects it; after
// a reject it is that reject on its way to the bin, untouched or not. Anything
// else was put there by hand: proven untouched it stays ready, otherwise it goes
// to the locked bin.
func (s *Station) clear(ctx context.Context) error {
	if s.Printer == nil || s.loaded {
		return nil
	}
	st, err := s.Printer.Status(ctx)
	if err != nil {
		return err
	}
	if st.Station == printer.StationNone && st.Suspended == "" {
		return nil
	}
	last := store.Card{State: card.Untouched}
	if err := s.record(ctx, "last", func(tx *store.Tx) error {
		c, err := tx.Last(ctx, s.Name)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		last = c
		return err
	}); err != nil {
		return err
	}
	var none store.Card
	switch {
	case last.State == card.RejectPending:
		return s.toBin(ctx, &none)
	case last.State == card.Untouched && st.Suspended == "":
		s.loaded = true
		return nil
	}
	b, err := s.provenUntouched(ctx, store.Card{State: card.Drawn})
	if err != nil && fatal(ctx, err) {
		return err
	}
	if err == nil && b.untouched {
		s.loaded = b.inside
		return nil
	}
	return s.toBin(ctx, &none)
}
