package pack

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Errors of packing. Nothing was changed.
var (
	// ErrNotGood: the card is not one that may be packed.
	ErrNotGood = errors.New("pack: the card is not good")
	// ErrOther: the card is of another batch, lot or office than the box.
	ErrOther = errors.New("pack: the card does not belong into this box")
	// ErrTwice: the card lies in a box already.
	ErrTwice = errors.New("pack: the card is packed already")
	// ErrFull: the box holds as many cards as it can.
	ErrFull = errors.New("pack: the box is full")
	// ErrUnknown: the line made no such card.
	ErrUnknown = errors.New("pack: this is no card of the line")
	// ErrBox: the box is not in the state for this.
	ErrBox = errors.New("pack: the box is in another state")
	// ErrPerson: nobody is named, or the same person twice.
	ErrPerson = errors.New("pack: two different people have to be named")
	// ErrReceipt: the receipt has no number, or one that is taken.
	ErrReceipt = errors.New("pack: the receipt needs a number of its own")
	// ErrDamaged: a sealed box no longer holds what its manifest says.
	ErrDamaged = errors.New("pack: the box does not hold what its manifest says")
)

// MaxCapacity bounds a box: its cards change hands in one transaction.
const MaxCapacity = 2000

// Packer packs.
type Packer struct{ Store *store.Store }

// Code is what was read from a card: one of its fields.
type Code struct {
	Card   int64  // the line's own number
	Serial string // of the chip, or its UID, hexadecimal
	Digest []byte // keyed digest of the document number, as intake makes it
}

// Open begins a box for cards of one batch, lot and office.
func (p *Packer) Open(ctx context.Context, batch, lot, office string, capacity int, by string) (store.Box, error) {
	var box store.Box
	if by == "" {
		return box, ErrPerson
	}
	if capacity < 1 || capacity > MaxCapacity {
		return box, fmt.Errorf("%w: a box holds 1 to %d cards", ErrBox, MaxCapacity)
	}
	err := p.Store.Do(ctx, "open a box", func(tx *store.Tx) error {
		b, err := tx.Batch(ctx, batch)
		if err != nil {
			return err
		}
		box, err = tx.NewBox(ctx, store.Box{BatchID: b.ID, Lot: lot, Office: office, Capacity: capacity, OpenedBy: by})
		return err
	})
	return box, err
}

// find is the card of a code that matters here: the live one, or the last one.
func find(ctx context.Context, tx *store.Tx, code Code) (store.Card, error) {
	unknown := func(err error) error {
		if errors.Is(err, store.ErrNotFound) {
			return ErrUnknown
		}
		return err
	}
	switch {
	case code.Card != 0:
		c, err := tx.Card(ctx, code.Card)
		return c, unknown(err)
	case code.Serial != "":
		c, err := tx.ByChip(ctx, NormalSerial(code.Serial))
		return c, unknown(err)
	case len(code.Digest) > 0:
		requests, err := tx.ByNumber(ctx, code.Digest)
		if err != nil {
			return store.Card{}, err
		}
		// A renewal or remake has the number of what it replaces. The one that may be
		// packed is meant; without one, the last.
		var best store.Card
		for _, r := range requests {
			c, err := tx.Live(ctx, r.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return c, err
			}
			if best.ID == 0 || best.State != card.Good || c.State == card.Good {
				best = c
			}
		}
		if best.ID == 0 {
			return best, ErrUnknown
		}
		return best, nil
	}
	return store.Card{}, ErrUnknown
}

// NormalSerial is a chip's serial number as the store writes it; empty if it is none.
func NormalSerial(s string) string {
	s = strings.ToUpper(strings.NewReplacer(" ", "", ":", "", "-", "").Replace(s))
	if _, err := hex.DecodeString(s); err != nil {
		return ""
	}
	return s
}

// Scan puts a card into an open box. again lets in a card that an office gave back
// unopened; otherwise good cards alone are packed. What is refused is noted in the
// audit log.
func (p *Packer) Scan(ctx context.Context, boxID int64, code Code, again bool, by string) (store.Card, int, error) {
	if by == "" {
		return store.Card{}, 0, ErrPerson
	}
	var c store.Card
	var n int
	err := p.Store.Do(ctx, "pack a card", func(tx *store.Tx) error {
		box, err := tx.Box(ctx, boxID)
		if err != nil {
			return err
		}
		if c, err = find(ctx, tx, code); err != nil {
			return err
		}
		if n, err = tx.InBox(ctx, box.Name()); err != nil {
			return err
		}
		if err := fits(ctx, tx, box, c, n, again); err != nil {
			return err
		}
		c, err = tx.Advance(ctx, c, card.Packed, store.Mark{Box: box.Name(), Reason: inBox(box), By: by})
		n++
		return err
	})
	if refused(err) {
		return c, n, errors.Join(err, p.Store.Do(ctx, "note a refused card", func(tx *store.Tx) error {
			return tx.Audit(ctx, store.AuditEntry{Event: "pack.refused", Card: c.ID, Batch: c.BatchID, Box: store.Box{ID: boxID}.Name(), Reason: refusal(err), By: by})
		}))
	}
	return c, n, err
}

// fits says why a card may not go into a box.
func fits(ctx context.Context, tx *store.Tx, box store.Box, c store.Card, n int, again bool) error {
	if box.State != store.BoxOpen {
		return fmt.Errorf("%w: %s is %s", ErrBox, box.Name(), box.State)
	}
	switch {
	case c.State == card.Packed || c.State == card.HandedOver:
		return fmt.Errorf("%w: card %d is %s in %s", ErrTwice, c.ID, c.State, c.Box)
	case c.State == card.Returned && again, c.State == card.Good:
	default:
		return fmt.Errorf("%w: card %d is %s", ErrNotGood, c.ID, c.State)
	}
	r, err := tx.Request(ctx, c.RequestID)
	if err != nil {
		return err
	}
	switch {
	case c.BatchID != box.BatchID:
		return fmt.Errorf("%w: card %d is of another batch", ErrOther, c.ID)
	case r.Office != box.Office:
		return fmt.Errorf("%w: card %d is for office %q, the box for %q", ErrOther, c.ID, r.Office, box.Office)
	case r.Lot != box.Lot:
		return fmt.Errorf("%w: card %d is of lot %q, the box of %q", ErrOther, c.ID, r.Lot, box.Lot)
	case n >= box.Capacity:
		return fmt.Errorf("%w: %s holds %d", ErrFull, box.Name(), n)
	}
	return nil
}

var refusals = []struct {
	err  error
	code string
}{{ErrNotGood, "not-good"}, {ErrOther, "other-office-or-lot"}, {ErrTwice, "twice"}, {ErrFull, "full"}, {ErrUnknown, "unknown"}, {ErrBox, "box-state"}}

// refusal is the code of a refusal: the error's words may be any.
func refusal(err error) string {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.code
		}
	}
	return ""
}

func refused(err error) bool { return refusal(err) != "" }

// Remove takes a packed card out of its box; a sealed box is open again then.
func (p *Packer) Remove(ctx context.Context, code Code, by string) (store.Card, error) {
	if by == "" {
		return store.Card{}, ErrPerson
	}
	var c store.Card
	err := p.Store.Do(ctx, "take a card out of its box", func(tx *store.Tx) (err error) {
		if c, err = find(ctx, tx, code); err != nil {
			return err
		}
		if c.State != card.Packed {
			return fmt.Errorf("%w: card %d is %s", ErrNotGood, c.ID, c.State)
		}
		if err := tx.Unbox(ctx, c, by); err != nil {
			return err
		}
		c, err = tx.Advance(ctx, c, card.Good, store.Mark{Reason: "out of box " + c.Box, By: by})
		return err
	})
	return c, err
}

// Return notes that an office sent a card back. A damaged one goes to the rejects at
// once, and its request is made anew once it is confirmed in the locked bin; so does a
// card that was lost and is found. In a batch that is closed nothing is made anew: there
// the request stays done, and another card is asked for with Remaker.
func (p *Packer) Return(ctx context.Context, code Code, damaged bool, by string) (store.Card, error) {
	if by == "" {
		return store.Card{}, ErrPerson
	}
	var c store.Card
	err := p.Store.Do(ctx, "take a card back", func(tx *store.Tx) (err error) {
		if c, err = find(ctx, tx, code); err != nil {
			return err
		}
		switch c.State {
		case card.Lost:
			// Nobody knows where it was meanwhile.
			c, err = tx.Advance(ctx, c, card.RejectPending, store.Mark{Reason: "pack.found: it was lost", By: by})
			return err
		case card.HandedOver:
			if c, err = tx.Advance(ctx, c, card.Returned, store.Mark{Reason: "pack.returned", By: by}); err != nil {
				return err
			}
		case card.Returned:
			if !damaged {
				return fmt.Errorf("%w: card %d is back already", ErrTwice, c.ID)
			}
		default:
			return fmt.Errorf("%w: card %d is %s, not handed over", ErrNotGood, c.ID, c.State)
		}
		if damaged {
			c, err = tx.Advance(ctx, c, card.RejectPending, store.Mark{Reason: "pack.damaged: the office sent it back", By: by})
		}
		return err
	})
	return c, err
}

// Lost notes one person's word that a card is not to be found. With a second person's
// it is lost, and true comes back. Its request stays done, for it may turn up: another
// card for the holder is a request of its own, of the kind remake.
func (p *Packer) Lost(ctx context.Context, code Code, by string) (store.Card, bool, error) {
	if by == "" {
		return store.Card{}, false, ErrPerson
	}
	var c store.Card
	var agreed bool
	err := p.Store.Do(ctx, "give a card up", func(tx *store.Tx) (err error) {
		if c, err = find(ctx, tx, code); err != nil {
			return err
		}
		if !c.State.May(card.Lost) {
			return fmt.Errorf("%w: card %d is %s", ErrNotGood, c.ID, c.State)
		}
		if agreed, err = tx.Agree(ctx, store.ActionGiveUp, strconv.FormatInt(c.ID, 10), by); err != nil || !agreed {
			return person(err)
		}
		if err := tx.Unbox(ctx, c, by); err != nil {
			return err
		}
		c, err = tx.Advance(ctx, c, card.Lost, store.Mark{Reason: "pack.lost: two people gave up the search", By: by})
		return err
	})
	return c, agreed, err
}

func person(err error) error {
	if errors.Is(err, store.ErrSamePerson) {
		return fmt.Errorf("%w: %w", ErrPerson, err)
	}
	return err
}
