package pack

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Errors of asking again.
var (
	// ErrRemade: another card was asked for already.
	ErrRemade = errors.New("pack: the card has been asked for again already")
	// ErrErased: the holder's data is not kept any more.
	ErrErased = errors.New("pack: the holder's data is erased: the office sends it in a new batch, with the kind remake")
)

// Enqueuer puts a request into the line's queue within a transaction; queue.Queue does.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx *store.Tx, r store.Request) error
}

// Remaker asks for another card in place of one that is lost, or that came back to a
// batch that is closed and lies confirmed among the rejects: a request of its own,
// which names the one that it replaces. The holder's data is opened with the batch's
// key and sealed again for its new place.
type Remaker struct {
	Store *store.Store
	Queue Enqueuer
	Keys  seal.Keys
	Seal  hsm.KeyRef
}

// Remake asks for another card in place of one, in the open batch into; an empty name is
// the batch that the card was made in.
func (m *Remaker) Remake(ctx context.Context, cardID int64, into, by string) (store.Request, error) {
	var remade store.Request
	if by == "" {
		return remade, ErrPerson
	}
	var old store.Request
	var from, to store.Batch
	err := m.Store.Do(ctx, "find a lost card", func(tx *store.Tx) error {
		c, err := tx.Card(ctx, cardID)
		if errors.Is(err, store.ErrNotFound) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		if old, err = tx.Request(ctx, c.RequestID); err != nil {
			return err
		}
		if from, err = tx.BatchByID(ctx, old.BatchID); err != nil {
			return err
		}
		if err := gone(c, from); err != nil {
			return err
		}
		if len(from.SealedKey) == 0 {
			return fmt.Errorf("%w: batch %s", ErrErased, from.Name)
		}
		if to = from; into != "" {
			to, err = tx.Batch(ctx, into)
		}
		return err
	})
	if err != nil {
		return remade, err
	}
	if to.State == store.BatchClosed || to.Profile != from.Profile || to.FileDigest != nil && !to.Complete {
		return remade, fmt.Errorf("%w: batch %s is closed, of another profile, or still being imported; name one that is open", ErrBox, to.Name)
	}
	source, err := seal.OpenBatch(ctx, m.Keys, m.Seal, from.Name, from.SealedKey)
	if err != nil {
		return remade, err
	}
	defer source.Close()
	target, err := seal.OpenBatch(ctx, m.Keys, m.Seal, to.Name, to.SealedKey)
	if err != nil {
		return remade, err
	}
	defer target.Close()
	record, portrait, err := source.Open(seal.Binding{Line: old.Line, Number: old.NumberDigest}, old.Sealed)
	if err != nil {
		return remade, err
	}
	defer clear(portrait)
	return remade, m.Store.Do(ctx, "ask for a card again", func(tx *store.Tx) error {
		c, err := tx.Card(ctx, cardID)
		if err != nil {
			return err
		}
		if err := gone(c, from); err != nil {
			return err
		}
		live, err := tx.Live(ctx, old.ID)
		if err == nil && live.ID != cardID {
			return fmt.Errorf("%w: card %d was made for the holder meanwhile", ErrNotGood, live.ID)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		same, err := tx.ByNumber(ctx, old.NumberDigest)
		if err != nil {
			return err
		}
		for _, r := range same {
			if r.Replaces == old.ID && r.State != store.RequestCancelled {
				return fmt.Errorf("%w: request %d", ErrRemade, r.ID)
			}
		}
		line, err := tx.LastLine(ctx, to.ID)
		if err != nil {
			return err
		}
		remade = store.Request{BatchID: to.ID, Line: line + 1, Kind: store.KindRemake, Replaces: old.ID, NumberDigest: old.NumberDigest,
			Lot: old.Lot, Office: old.Office, Priority: old.Priority, Due: old.Due}
		record.Line = remade.Line
		if remade.Sealed, err = target.Seal(seal.Binding{Line: remade.Line, Number: old.NumberDigest}, record, portrait); err != nil {
			return err
		}
		if remade, err = tx.Add(ctx, remade); err != nil {
			return err
		}
		// It came in like any other: in = accepted + rejected.
		if err := tx.Count(ctx, to.ID, 1, 0); err != nil {
			return err
		}
		if err := m.Queue.Enqueue(ctx, tx, remade); err != nil {
			return err
		}
		return tx.Audit(ctx, store.AuditEntry{Event: "request.remake", Batch: to.ID, Request: remade.ID, Card: cardID, Reason: fmt.Sprintf("replaces request %d", old.ID), By: by})
	})
}

// gone says why a card needs no other in its place: it is not lost, nor a confirmed
// reject that its own batch, being closed, does not make anew.
func gone(c store.Card, of store.Batch) error {
	switch {
	case c.State == card.Lost:
		return nil
	case of.State != store.BatchClosed:
		return fmt.Errorf("%w: card %d is %s, not lost", ErrNotGood, c.ID, c.State)
	case c.State == card.RejectConfirmed, c.State == card.Destroyed:
		return nil
	}
	return fmt.Errorf("%w: card %d is %s, neither lost nor a reject that was confirmed in the locked bin", ErrNotGood, c.ID, c.State)
}
