package lineup

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

// Desk is a place where a person lays each blank into the reader and takes the card
// away. What carries the card is his hands; what tells where it is, is the reader.
// Faces go to a printer that a person feeds too, or nowhere.
type Desk struct {
	Reader *Reader
	// Faces prints; nil leaves the card as it is.
	Faces printer.Printer
	// Say tells the person what to do next.
	Say func(Ask)
	// Stop, when it is closed, ends the waiting for hands: no blank is taken any more,
	// and a card that waits to be taken away stays where it is.
	Stop <-chan struct{}

	mu      sync.Mutex
	status  printer.Status
	pending func(context.Context) error
	side    printer.Side
}

// Ask is what a person is to do.
type Ask string

// What people are asked.
const (
	AskBlank  Ask = "lay a blank onto the reader"
	AskGood   Ask = "take the card: it is good"
	AskReject Ask = "take the card: put it into the LOCKED bin"
)

// Name identifies the place.
func (d *Desk) Name() string { return "desk:" + d.Reader.Name }

// Status says whether a card lies in the reader.
func (d *Desk) Status(ctx context.Context) (printer.Status, error) {
	here, err := d.Reader.present(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.status
	s.Ready, s.Side = d.pending == nil, d.side
	if err != nil {
		return s, fmt.Errorf("%w: %w", printer.ErrOffline, err)
	}
	if here {
		s.Station = printer.StationContactless
	}
	return s, nil
}

// Feed waits for a blank. A card that is left over in the reader is taken away first.
func (d *Desk) Feed(ctx context.Context) error {
	return d.do(ctx, func(ctx context.Context) error {
		here, err := d.Reader.present(ctx)
		if err != nil {
			return err
		}
		if here {
			return printer.ErrCardInside
		}
		d.Say(AskBlank)
		waiting, stopped := d.until(ctx)
		c, err := pcsc.WaitForCard(waiting, d.Reader.Name, pcsc.Options{})
		if stopped() {
			if err == nil {
				_ = c.Close()
			}
			return printer.ErrNoCard // whatever lies there was not taken
		}
		if err != nil {
			return err
		}
		d.mu.Lock()
		d.side = printer.Front
		d.mu.Unlock()
		return c.Close()
	})
}

// MoveTo does nothing: the reader is the only place.
func (d *Desk) MoveTo(context.Context, printer.Station) error { return d.free() }

// Print hands the face to the printer.
func (d *Desk) Print(ctx context.Context, f printer.Face) error {
	if err := d.free(); err != nil {
		return err
	}
	d.mu.Lock()
	side := d.side
	d.mu.Unlock()
	if f.Side != side {
		return printer.ErrSide
	}
	if d.Faces == nil {
		return nil
	}
	return d.do(ctx, func(ctx context.Context) error {
		st, err := d.Faces.Status(ctx)
		if err != nil {
			return err
		}
		if st.Station == printer.StationNone {
			if err := d.Faces.Feed(ctx); err != nil {
				return err
			}
		}
		return d.Faces.Print(ctx, f)
	})
}

// Flip turns the card over.
func (d *Desk) Flip(ctx context.Context) error {
	if err := d.free(); err != nil {
		return err
	}
	d.mu.Lock()
	d.side = printer.Back - d.side
	d.mu.Unlock()
	if d.Faces == nil {
		return nil
	}
	return d.do(ctx, d.Faces.Flip)
}

// Eject has the good card taken away.
func (d *Desk) Eject(ctx context.Context) error { return d.away(ctx, AskGood) }

// Reject has the card put into the locked bin.
func (d *Desk) Reject(ctx context.Context) error { return d.away(ctx, AskReject) }

func (d *Desk) away(ctx context.Context, ask Ask) error {
	return d.do(ctx, func(ctx context.Context) error {
		if d.Faces != nil {
			st, err := d.Faces.Status(ctx)
			if err != nil {
				return err
			}
			if st.Station != printer.StationNone {
				out := d.Faces.Eject
				if ask == AskReject {
					out = d.Faces.Reject
				}
				if err := out(ctx); err != nil {
					return err
				}
			}
		}
		here, err := d.Reader.present(ctx)
		if err != nil {
			return err
		}
		if here {
			d.Say(ask)
			waiting, stopped := d.until(ctx)
			err := pcsc.WaitForRemoval(waiting, d.Reader.Name)
			if stopped() {
				return station.ErrStopped
			}
			if err != nil {
				return err
			}
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if ask == AskReject {
			d.status.Rejected++
		} else {
			d.status.Ejected++
		}
		return nil
	})
}

// until is a context that ends with Stop too; stopped ends it, and says whether it was
// that.
func (d *Desk) until(ctx context.Context) (waiting context.Context, stopped func() bool) {
	waiting, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-d.Stop:
			cancel(station.ErrStopped)
		case <-done:
		}
	}()
	return waiting, func() bool {
		close(done)
		defer cancel(nil)
		return errors.Is(context.Cause(waiting), station.ErrStopped) && ctx.Err() == nil
	}
}

// free refuses while a fault waits for somebody.
func (d *Desk) free() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pending != nil {
		return printer.ErrSuspended
	}
	return nil
}

// do carries an operation out; a reader that is gone suspends it.
func (d *Desk) do(ctx context.Context, f func(context.Context) error) error {
	if err := d.free(); err != nil {
		return err
	}
	return d.settle(ctx, f)
}

func (d *Desk) settle(ctx context.Context, f func(context.Context) error) error {
	err := f(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, pcsc.Err) && !errors.Is(err, printer.Err) {
		err = fmt.Errorf("%w: %w", printer.ErrOffline, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending, d.status.Fault, d.status.Suspended = nil, nil, ""
	if printer.Resumable(err) {
		d.pending, d.status.Fault, d.status.Suspended = f, err, "desk"
	}
	return err
}

// Resume carries out what a fault suspended.
func (d *Desk) Resume(ctx context.Context) error {
	d.mu.Lock()
	f := d.pending
	d.mu.Unlock()
	if f == nil {
		return printer.ErrNotSuspended
	}
	if d.Faces != nil {
		if st, err := d.Faces.Status(ctx); err == nil && st.Suspended != "" {
			err := d.Faces.Resume(ctx)
			return d.settle(ctx, func(context.Context) error { return err })
		}
	}
	return d.settle(ctx, f)
}

// Cancel gives up what a fault suspended.
func (d *Desk) Cancel(ctx context.Context) error {
	d.mu.Lock()
	f := d.pending
	d.pending, d.status.Fault, d.status.Suspended = nil, nil, ""
	d.mu.Unlock()
	if f == nil {
		return printer.ErrNotSuspended
	}
	if d.Faces != nil {
		if st, err := d.Faces.Status(ctx); err == nil && st.Suspended != "" {
			return d.Faces.Cancel(ctx)
		}
	}
	return nil
}

// Close lets the printer go. A card in the reader stays there.
func (d *Desk) Close() error {
	if d.Faces != nil {
		return d.Faces.Close()
	}
	return nil
}
