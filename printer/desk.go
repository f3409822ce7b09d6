package printer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// press puts ink on one card at a time; who brings the card there is not its
// business. Calls come from one goroutine at a time.
type press interface {
	capabilities(ctx context.Context) (Capabilities, error)
	// ready says what keeps the press from printing.
	ready(ctx context.Context) error
	// validate says whether the faces of a card would be taken.
	validate(ctx context.Context, faces []Face) error
	// print prints one or two faces of a card. Called again after a fault that is
	// Resumable it goes on, and prints nothing twice.
	print(ctx context.Context, faces []Face) error
	// abandon gives up what a fault suspended; nothing of it comes out later.
	abandon(ctx context.Context) error
	// trace says what is known of a card's jobs.
	trace(ctx context.Context, card int64) (Trace, error)
}

// desk is a press and, where carried is set, a person who carries each card to
// it, to the chip reader and to the boxes. Without one the press feeds itself,
// and the person only takes rejects out of its output.
type desk struct {
	machine
	name    string
	press   press
	carried bool
	o       Options
	// keep makes what is known of the card outlive the process; nil keeps nothing.
	keep func(place) error
	// said writes down a step that Resume has answered; nil keeps nothing.
	said func(Step) error

	// What follows belongs to the operation that runs.
	card    int64
	inPress bool    // the person has laid the card into the press
	held    *Face   // a first side that waits for the second
	printed [2]bool // sides that are printed, or held
	sent    bool    // something may have come out of the press
	unsure  bool    // a print or a flip was begun and is not known to have ended
}

// place is where the card of a desk is.
type place struct {
	Card    int64   `json:"card,omitempty"`
	Inside  bool    `json:"inside"`
	Station Station `json:"station"`
	Side    Side    `json:"side"`
	Printed [2]bool `json:"printed"`
	// Spoiled: the card can only be rejected, since nobody knows what was printed.
	Spoiled bool `json:"spoiled"`
	// Asked is the operation that was asked of a person last.
	Asked Op `json:"asked,omitempty"`
}

// abandonTime is how long giving up may take when its own context has ended.
const abandonTime = 30 * time.Second

func newDesk(name string, p press, o Options) *desk {
	d := &desk{name: name, press: p, o: o}
	d.machine.abandon = func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
		defer cancel()
		d.ops.Lock()
		defer d.ops.Unlock()
		// What cannot be given up now is before anything else is printed.
		_ = p.abandon(ctx)
		if at, _ := d.where(); at == StationNone {
			// A card that was asked for and not laid in. Not written, it is asked about again.
			_ = d.save("", false, StationNone, Front)
		}
	}
	return d
}

// save writes where the card is, or will be when op is done.
func (d *desk) save(op Op, inside bool, s Station, side Side) error {
	if d.keep == nil {
		return nil
	}
	d.mu.Lock()
	spoiled := d.spoiled
	d.mu.Unlock()
	return d.keep(place{Card: d.card, Inside: inside, Station: s, Side: side, Printed: d.printed, Spoiled: spoiled || d.unsure || d.held != nil, Asked: op})
}

func (d *desk) where() (Station, Side) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.station, d.side
}

// person is one step of an operation: asked once, and answered with Resume where
// nobody is there to ask.
func (d *desk) person(s Step) func(context.Context) error {
	b := &by{hand: d.o.Hand, lang: d.o.Lang}
	done := false
	return func(ctx context.Context) error {
		if done {
			return nil
		}
		s.At, s.Card = d.o.Station, d.card
		err := b.do(ctx, s)
		if err == nil && d.said != nil {
			err = d.said(s)
		}
		done = err == nil
		if done && d.o.Log != nil {
			d.o.Log.Info("a person says it is done", "station", d.o.Station, "step", string(s.Op), "card", d.card)
		}
		return err
	}
}

// Name implements Printer.
func (d *desk) Name() string { return d.name }

// Status implements Printer.
func (d *desk) Status(context.Context) (Status, error) { return d.status() }

// Feed implements Printer: it asks the press before anything is taken.
func (d *desk) Feed(ctx context.Context) error {
	take := d.person(Step{Op: OpFeed, Side: Front})
	return d.run(ctx, d.withoutCard, operation{"feed", tries(func(ctx context.Context) error {
		if err := d.press.ready(ctx); err != nil {
			return err
		}
		d.card, d.inPress, d.held, d.printed, d.sent, d.unsure = 0, !d.carried, nil, [2]bool{}, false, false
		if !d.carried {
			return nil
		}
		// From the question on there may be a card.
		if err := d.save(OpFeed, true, StationHead, Front); err != nil {
			return err
		}
		return take(ctx)
	}), d.fed})
}

// MoveTo implements Printer.
func (d *desk) MoveTo(ctx context.Context, s Station) error {
	_, side := d.where()
	carry := d.person(Step{Op: OpMove, To: s, Side: side})
	return d.run(ctx, func() error {
		if s != StationHead && (!d.carried || s != StationContact && s != StationContactless) {
			if err := d.withAnyCard(); err != nil {
				return err
			}
			return ErrStation
		}
		return d.withCard()
	}, operation{"move", tries(func(ctx context.Context) error {
		if !d.carried {
			return nil
		}
		if err := d.save(OpMove, true, s, side); err != nil {
			return err
		}
		if err := carry(ctx); err != nil {
			return err
		}
		d.inPress = s == StationHead
		return nil
	}), func() { d.moved(s) }})
}

// Print implements Printer. Where a press prints both sides at once, the first
// waits for the second.
func (d *desk) Print(ctx context.Context, f Face) error {
	bring := d.person(Step{Op: OpMove, To: StationHead, Side: f.Side})
	asked := false
	return d.run(ctx, func() error {
		if err := d.withCard(); err != nil {
			return err
		}
		if err := f.check(); err != nil {
			return err
		}
		switch {
		case f.Side != d.side:
			return ErrSide
		case d.printed[f.Side]:
			return ErrPrinted
		}
		return nil
	}, operation{"print", tries(func(ctx context.Context) error {
		c, err := d.press.capabilities(ctx)
		if err != nil {
			return err
		}
		if err := c.Fits(f); err != nil {
			return err
		}
		if d.card == 0 {
			d.card = f.Card
		}
		if c.Together && !d.printed[1-f.Side] {
			if !asked {
				if err := d.press.validate(ctx, []Face{f}); err != nil {
					return err
				}
				asked = true
			}
			d.held, d.printed[f.Side] = &f, true
			return d.save(OpPrint, true, StationHead, f.Side)
		}
		faces := []Face{f}
		if d.held != nil {
			faces = []Face{*d.held, f}
			if f.Side == Front {
				slices.Reverse(faces)
			}
		}
		if err := d.ink(ctx, bring, faces, f.Side); err != nil {
			return err
		}
		d.held, d.printed[f.Side] = nil, true
		return d.save(OpPrint, true, StationHead, f.Side)
	}), func() { d.moved(StationHead) }})
}

// ink brings the card into the press, and prints.
func (d *desk) ink(ctx context.Context, bring func(context.Context) error, faces []Face, side Side) error {
	d.unsure = true
	if err := d.save(OpPrint, true, StationHead, side); err != nil {
		return err
	}
	if !d.inPress {
		if err := bring(ctx); err != nil {
			return err
		}
		d.inPress = true
	}
	before := d.sent
	d.sent = true
	err := d.press.print(ctx, faces)
	if err != nil && !Spoils(err) && !Resumable(err) && ctx.Err() == nil {
		d.sent = before
	}
	if err == nil || !Spoils(err) && !Resumable(err) && ctx.Err() == nil {
		d.unsure = false // printed, or refused before anything was sent
	}
	return err
}

// Flip implements Printer. A press that prints both sides at once turns the card
// itself.
func (d *desk) Flip(ctx context.Context) error {
	_, side := d.where()
	turn := d.person(Step{Op: OpFlip, Side: 1 - side})
	return d.run(ctx, d.withCard, operation{"flip", tries(func(ctx context.Context) error {
		c, err := d.press.capabilities(ctx)
		if err != nil {
			return err
		}
		if !c.Together {
			before := d.unsure
			d.unsure = true
			if err := errors.Join(d.save(OpFlip, true, StationHead, side), turn(ctx)); err != nil {
				return err
			}
			d.unsure, d.inPress = before, true
		}
		return d.save(OpFlip, true, StationHead, 1-side)
	}), d.flipped})
}

// Eject implements Printer: a first side that waits is printed before.
func (d *desk) Eject(ctx context.Context) error {
	bring := d.person(Step{Op: OpMove, To: StationHead, Side: Front})
	put := d.person(Step{Op: OpEject})
	return d.run(ctx, d.withCard, operation{"eject", tries(func(ctx context.Context) error {
		if d.held != nil {
			if err := d.ink(ctx, bring, []Face{*d.held}, d.held.Side); err != nil {
				return err
			}
			d.held = nil
		}
		return d.deliver(ctx, OpEject, put)
	}), func() { d.gone(&d.ejected) }})
}

// Reject implements Printer. A card that came out of a press without a locked
// bin is a person's to carry there.
func (d *desk) Reject(ctx context.Context) error {
	put := d.person(Step{Op: OpReject})
	return d.run(ctx, d.withAnyCard, operation{"reject", tries(func(ctx context.Context) error {
		// A job that cannot be ended keeps the press from the next card, not this
		// one from its bin; a printer that is away may come back.
		if err := d.press.abandon(ctx); Resumable(err) || ctx.Err() != nil {
			return err
		}
		d.held = nil
		if !d.carried && d.sent {
			return put(ctx)
		}
		return d.deliver(ctx, OpReject, put)
	}), func() { d.gone(&d.rejected) }})
}

// deliver has a person put the card away.
func (d *desk) deliver(ctx context.Context, op Op, put func(context.Context) error) error {
	if !d.carried {
		return nil
	}
	at, side := d.where()
	if err := d.save(op, true, at, side); err != nil {
		return err
	}
	if err := put(ctx); err != nil {
		return err
	}
	return d.save(op, false, StationNone, Front)
}

// Resume implements Printer.
func (d *desk) Resume(ctx context.Context) error { return d.resume(ctx) }

// Cancel implements Printer.
func (d *desk) Cancel(ctx context.Context) error { return d.cancel(ctx) }

// Close implements Printer.
func (d *desk) Close() error { return d.shut() }

// Capabilities implements Capable.
func (d *desk) Capabilities(ctx context.Context) (Capabilities, error) {
	d.ops.Lock()
	defer d.ops.Unlock()
	c, err := d.press.capabilities(ctx)
	if err != nil {
		return c, err
	}
	if d.carried {
		c.Stations = []Station{StationContact, StationContactless}
		c.Hands = append([]Op{OpFeed, OpMove, OpEject, OpReject}, c.Hands...)
		c.Remembers = c.Remembers || d.keep != nil
	} else {
		c.Hands = append([]Op{OpReject}, c.Hands...)
	}
	if !c.Together {
		c.Hands = append(c.Hands, OpFlip)
	}
	return c, nil
}

// Validate asks the press whether it would take these faces, and prints nothing.
func (d *desk) Validate(ctx context.Context, faces ...Face) error {
	d.ops.Lock()
	defer d.ops.Unlock()
	c, err := d.press.capabilities(ctx)
	if err != nil {
		return err
	}
	for _, f := range faces {
		if err := c.Fits(f); err != nil {
			return fmt.Errorf("%s: %w", f.Side, err)
		}
	}
	if !c.Together {
		for _, f := range faces {
			if err := d.press.validate(ctx, []Face{f}); err != nil {
				return err
			}
		}
		return nil
	}
	return d.press.validate(ctx, faces)
}

// Trace implements Memory.
func (d *desk) Trace(ctx context.Context, card int64) (Trace, error) {
	d.ops.Lock()
	defer d.ops.Unlock()
	return d.press.trace(ctx, card)
}
