package office

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Errors of decisions.
var (
	// ErrPerson: nobody is named who decides.
	ErrPerson = errors.New("office: who decides has to be named")
	// ErrScan: what was scanned is not the card, or no reject.
	ErrScan = errors.New("office: the card that was scanned is no reject that waits to be confirmed")
	// ErrNotNow: the card, batch or lot is not in a state in which this can be decided.
	ErrNotNow = errors.New("office: not in the state that it is in")
)

// Office decides on one store.
type Office struct {
	Store *store.Store
	// Queue gets a new job where a request opens again.
	Queue *queue.Queue
}

// Decision is what came of a person's word.
type Decision struct {
	// Done: it has been carried out. Otherwise a second person has to agree.
	Done bool
	Card store.Card // as it is now, where a card was decided about
}

// Confirm is the word of one of two people that the reject lies in the locked bin. The
// second one's opens the request again, and a new card is made for it.
func (o *Office) Confirm(ctx context.Context, cardID int64, person string) (Decision, error) {
	return o.together(ctx, store.ActionConfirm, cardID, person, card.RejectConfirmed, "seen in the locked bin by two people", card.RejectPending)
}

// ConfirmScan is Confirm by one person who has scanned the card as it went into the
// locked bin, or lay there: scanned is the chip's serial number, in hexadecimal.
func (o *Office) ConfirmScan(ctx context.Context, scanned, person string) (Decision, error) {
	serial := strings.ToUpper(strings.NewReplacer(" ", "", ":", "", "-", "").Replace(scanned))
	if serial == "" {
		return Decision{}, ErrScan
	}
	var d Decision
	err := o.decide(ctx, "confirm by scan", person, func(tx *store.Tx) error {
		c, err := tx.ByChip(ctx, serial)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return ErrScan
		case err != nil:
			return err
		case c.State != card.RejectPending:
			return fmt.Errorf("%w: card %d is %s", ErrScan, c.ID, c.State)
		}
		d.Card, err = o.advance(ctx, tx, c, card.RejectConfirmed, store.Mark{Reason: "scanned in the locked bin", By: person})
		d.Done = err == nil
		return err
	})
	return d, err
}

// Destroy is the word of one of two people that a confirmed reject was destroyed.
func (o *Office) Destroy(ctx context.Context, cardID int64, person string) (Decision, error) {
	return o.together(ctx, store.ActionDestroy, cardID, person, card.Destroyed, "destroyed before two people", card.RejectConfirmed)
}

// GiveUp is the word of one of two people that a card is not to be found. Its request
// stays done or held: a lost card may be perfect, and is replaced by a remake alone. A
// sealed box that it lay in is open again, and is sealed anew without it.
func (o *Office) GiveUp(ctx context.Context, cardID int64, person string) (Decision, error) {
	return o.together(ctx, store.ActionGiveUp, cardID, person, card.Lost, "not to be found", card.RejectPending, card.Good, card.Packed, card.HandedOver, card.Returned)
}

// Found brings a lost card back, to the rejects: it lay where nobody saw it.
func (o *Office) Found(ctx context.Context, cardID int64, person string) (Decision, error) {
	var d Decision
	err := o.decide(ctx, "found", person, func(tx *store.Tx) error {
		c, err := tx.Card(ctx, cardID)
		if err != nil {
			return err
		}
		if c.State != card.Lost {
			return fmt.Errorf("%w: card %d is %s", ErrNotNow, c.ID, c.State)
		}
		d.Card, err = o.advance(ctx, tx, c, card.RejectPending, store.Mark{Reason: "found again", By: person})
		d.Done = err == nil
		return err
	})
	return d, err
}

// Close is the word of one of two people that a batch is closed; store.ErrUnbalanced
// says what is missing. The first one's word is refused too while it does not balance.
func (o *Office) Close(ctx context.Context, batch, person string) (done bool, err error) {
	err = o.decide(ctx, "close batch", person, func(tx *store.Tx) error {
		b, err := tx.Batch(ctx, batch)
		if err != nil {
			return err
		}
		if b.State == store.BatchClosed {
			return fmt.Errorf("%w: batch %s is closed", ErrNotNow, b.Name)
		}
		if err := tx.MayClose(ctx, b.ID); err != nil {
			return err
		}
		if done, err = tx.Agree(ctx, store.ActionClose, batch, person); err != nil || !done {
			return err
		}
		return tx.Close(ctx, b.ID, person)
	})
	return done && err == nil, err
}

// Release lets a stopped lot of blanks go on.
func (o *Office) Release(ctx context.Context, lot, person string) error {
	return o.decide(ctx, "release lot", person, func(tx *store.Tx) error {
		l, err := tx.Lot(ctx, lot)
		if err != nil {
			return err
		}
		if !l.Stopped {
			return fmt.Errorf("%w: lot %s is not stopped", ErrNotNow, lot)
		}
		return tx.Release(ctx, lot, person)
	})
}

// Rest pauses a batch, or lets it go on: no card of a paused batch is begun.
func (o *Office) Rest(ctx context.Context, batch string, pause bool, person string) error {
	return o.decide(ctx, "pause batch", person, func(tx *store.Tx) error { return tx.Pause(ctx, batch, pause, person) })
}

// Want tells a station what it shall do: one of the store's Want constants.
func (o *Office) Want(ctx context.Context, station, wanted, person string) error {
	switch wanted {
	case store.WantWork, store.WantPause, store.WantDrain, store.WantResume, store.WantGiveUp:
	default:
		return fmt.Errorf("%w: nobody can want %q of a station", ErrNotNow, wanted)
	}
	return o.decide(ctx, "want", person, func(tx *store.Tx) error { return tx.Want(ctx, station, wanted, person) })
}

// Again puts a held request, of which no card could be made, back to work.
func (o *Office) Again(ctx context.Context, requestID int64, person string) error {
	return o.decide(ctx, "again", person, func(tx *store.Tx) error {
		if _, err := tx.Live(ctx, requestID); !errors.Is(err, store.ErrNotFound) {
			if err == nil {
				err = fmt.Errorf("%w: request %d has a card that may be good: confirm it as reject first", ErrNotNow, requestID)
			}
			return err
		}
		r, err := tx.Reopen(ctx, requestID, person)
		if err != nil {
			return err
		}
		return o.enqueue(ctx, tx, r)
	})
}

func (o *Office) decide(ctx context.Context, what, person string, f func(*store.Tx) error) error {
	if strings.TrimSpace(person) == "" {
		return ErrPerson
	}
	return o.Store.Do(ctx, what, f)
}

// together moves a card with the second of two people's words.
func (o *Office) together(ctx context.Context, action string, cardID int64, person string, to card.State, reason string, from ...card.State) (Decision, error) {
	var d Decision
	err := o.decide(ctx, action, person, func(tx *store.Tx) error {
		c, err := tx.Card(ctx, cardID)
		if err != nil {
			return err
		}
		d.Card = c
		may := false
		for _, s := range from {
			may = may || s == c.State
		}
		if !may {
			return fmt.Errorf("%w: card %d is %s", ErrNotNow, c.ID, c.State)
		}
		agreed, err := tx.Agree(ctx, action, strconv.FormatInt(cardID, 10), person)
		if err != nil || !agreed {
			return err
		}
		if err := tx.Unbox(ctx, c, person); err != nil {
			return err
		}
		d.Card, err = o.advance(ctx, tx, c, to, store.Mark{Reason: reason, By: person})
		d.Done = err == nil
		return err
	})
	return d, err
}

// advance moves the card, and puts its request to work again if that opens it.
func (o *Office) advance(ctx context.Context, tx *store.Tx, c store.Card, to card.State, m store.Mark) (store.Card, error) {
	if c.Reason != "" && to != card.RejectPending {
		m.Reason = c.Reason + "; " + m.Reason // why it is a reject stays readable
	}
	next, err := tx.Advance(ctx, c, to, m)
	if err != nil {
		return c, err
	}
	r, err := tx.Request(ctx, next.RequestID)
	if err != nil || r.State != store.RequestOpen {
		return next, err
	}
	return next, o.enqueue(ctx, tx, r)
}

func (o *Office) enqueue(ctx context.Context, tx *store.Tx, r store.Request) error {
	if o.Queue == nil {
		return nil
	}
	return o.Queue.Enqueue(ctx, tx, r)
}
