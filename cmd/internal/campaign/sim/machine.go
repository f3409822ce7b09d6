package sim

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/printer"
)

// machine is a card printer with a chip encoder, and the plastic in it. It keeps
// the rules of printer.Printer; besides, it can be opened by hand, and loses what
// it knows with its power.
type machine struct {
	w     *World
	n     int
	owner *process // the process that has it open
	// inside lies at station, which the machine's sensors tell.
	inside  *plastic
	station printer.Station
	side    printer.Side
	spoiled bool
	pending *operation
	fault   error
	good    []*plastic
	locked  []*plastic
	ejected int
	thrown  int
	session int // of the chip in the field; another one once it has left it
}

type operation struct {
	name    string
	allowed func() error
	work    func()
}

// handle is a machine as one process has it.
type handle struct {
	*machine
	p *process
}

// open: a machine is driven by one process, and by another when that is gone.
func (h handle) open() error {
	if h.owner == nil || h.owner.dead || h.owner.ended {
		h.owner = h.p
	}
	if h.owner != h.p {
		return printer.ErrBusy
	}
	return nil
}

func (h handle) do(ctx context.Context, o *operation) error {
	if err := h.w.wait(h.p, fmt.Sprintf("M%d %s", h.n, o.name)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := h.open(); err != nil {
		return err
	}
	if h.pending != nil {
		return printer.ErrSuspended
	}
	return h.perform(o)
}

var printerFaults = map[Kind]error{
	"offline": printer.ErrOffline, "offline-late": printer.ErrOffline, "jam": printer.ErrJam, "jam-late": printer.ErrJam,
	"ribbon": printer.ErrRibbon, "ribbon-late": printer.ErrRibbon,
	"taken": printer.ErrCover, "swapped": printer.ErrCover, "crossed": printer.ErrCover,
}

func (h handle) perform(o *operation) error {
	a, err := h.w.tick(h.p, atPrinter, o.name, h.machine)
	if err != nil {
		return err
	}
	if a != nil {
		h.hands(a)
		switch a.Kind {
		case "lost-print":
			h.w.log("M%d says that it printed", h.n)
			return nil
		case "bad-keys":
			h.w.foreign()
		default:
			h.pending, h.fault = o, printerFaults[a.Kind]
			return h.fault
		}
	}
	if err := o.allowed(); err != nil {
		return err
	}
	o.work()
	h.w.log("M%d %s: %s", h.n, o.name, h.describe())
	a, err = h.w.tick(h.p, atPrinted, o.name, h.machine)
	if err != nil {
		return err
	}
	if a != nil {
		h.hands(a)
		h.pending = &operation{"the end of " + o.name, func() error { return nil }, func() {}}
		h.fault = printerFaults[a.Kind]
		return h.fault
	}
	return nil
}

func (m *machine) describe() string {
	if m.inside == nil {
		return "empty"
	}
	return fmt.Sprintf("chip %d inside, %s, faces %v, at %v", m.inside.n, m.inside.chip.Describe(), m.inside.faces, m.station)
}

func (m *machine) leave() *plastic {
	p := m.inside
	m.inside, m.station, m.spoiled = nil, printer.StationNone, false
	m.session++
	p.since = time.Now()
	return p
}

func (m *machine) enter(p *plastic) {
	m.inside, m.station, m.side = p, printer.StationHead, printer.Front
	m.session++
}

// powerCut: the machine forgets what it was doing; its card lies where it lay.
func (m *machine) powerCut() {
	m.pending, m.fault, m.spoiled = nil, nil, false
	m.session++
	if m.inside != nil {
		m.station = printer.StationHead
	}
}

// hands is what people do in an open machine.
func (m *machine) hands(a *armed) {
	switch a.Kind {
	case "taken":
		if m.inside != nil {
			p := m.leave()
			m.w.hand = append(m.w.hand, p)
			m.w.log("somebody takes chip %d out of M%d", p.n, m.n)
		}
	case "swapped":
		if m.inside != nil && len(m.w.hopper) > 0 {
			p, at := m.leave(), m.station
			m.w.hand = append(m.w.hand, p)
			m.enter(m.w.take())
			if at != printer.StationNone {
				m.station = at
			}
			m.w.log("somebody takes chip %d out of M%d and puts chip %d in", p.n, m.n, m.inside.n)
		}
	case "crossed":
		for _, other := range m.w.machines {
			if other != m && other.inside != nil && m.inside != nil {
				a, b := m.leave(), other.leave()
				m.enter(b)
				other.enter(a)
				m.w.log("somebody changes chip %d of M%d and chip %d of M%d", a.n, m.n, b.n, other.n)
				return
			}
		}
	}
}

// take is the next blank of the stock.
func (w *World) take() *plastic {
	p := w.hopper[0]
	w.hopper = w.hopper[1:]
	w.out.Chips++
	return p
}

// foreign puts a blank on top of the stock, in place of one, whose keys are not
// what its maker said.
func (w *World) foreign() {
	if len(w.hopper) == 0 {
		return
	}
	p, err := w.blank(w.hopper[0].n, otherMaster)
	if err != nil {
		w.breach("the world: %v", err)
		return
	}
	*w.hopper[0] = *p
}

func (m *machine) withCard() error {
	switch {
	case m.inside == nil:
		return printer.ErrNoCard
	case m.spoiled:
		return printer.ErrCancelled
	}
	return nil
}

// Name implements printer.Printer.
func (h handle) Name() string { return fmt.Sprintf("machine %d", h.n) }

// Status implements printer.Printer.
func (h handle) Status(context.Context) (printer.Status, error) {
	if h.p.dead {
		return printer.Status{}, errDied
	}
	if err := h.open(); err != nil {
		return printer.Status{}, err
	}
	s := printer.Status{Station: h.station, Side: h.side, Fault: h.fault, Ejected: h.ejected, Rejected: h.thrown, Ready: h.pending == nil}
	if h.pending != nil {
		s.Suspended = h.pending.name
	}
	return s, nil
}

// Feed implements printer.Printer.
func (h handle) Feed(ctx context.Context) error {
	return h.do(ctx, &operation{"feed", func() error {
		switch {
		case h.inside != nil:
			return printer.ErrCardInside
		case len(h.w.hopper) == 0:
			return printer.ErrNoCards
		}
		return nil
	}, func() { h.enter(h.w.take()) }})
}

// MoveTo implements printer.Printer.
func (h handle) MoveTo(ctx context.Context, s printer.Station) error {
	return h.do(ctx, &operation{"move", h.withCard, func() { h.station = s }})
}

// Print implements printer.Printer.
func (h handle) Print(ctx context.Context, f printer.Face) error {
	return h.do(ctx, &operation{"print", func() error {
		if err := h.withCard(); err != nil {
			return err
		}
		if f.Side != h.side {
			return printer.ErrSide
		}
		return nil
	}, func() {
		h.inside.faces[f.Side] = append(h.inside.faces[f.Side], int(f.Colour.(*image.Gray).Pix[0]))
		h.station = printer.StationHead
	}})
}

// Flip implements printer.Printer.
func (h handle) Flip(ctx context.Context) error {
	return h.do(ctx, &operation{"flip", h.withCard, func() { h.side, h.station = 1-h.side, printer.StationHead }})
}

// Eject implements printer.Printer.
func (h handle) Eject(ctx context.Context) error {
	return h.do(ctx, &operation{"eject", h.withCard, func() {
		h.ejected++
		h.good = append(h.good, h.leave())
		h.w.count()
	}})
}

// Reject implements printer.Printer.
func (h handle) Reject(ctx context.Context) error {
	return h.do(ctx, &operation{"reject", func() error {
		if h.inside == nil {
			return printer.ErrNoCard
		}
		return nil
	}, func() {
		h.thrown++
		h.locked = append(h.locked, h.leave())
	}})
}

// Resume implements printer.Printer.
func (h handle) Resume(ctx context.Context) error {
	if err := h.w.wait(h.p, fmt.Sprintf("M%d resume", h.n)); err != nil {
		return err
	}
	if err := h.open(); err != nil {
		return err
	}
	if h.pending == nil {
		return printer.ErrNotSuspended
	}
	o := h.pending
	h.pending, h.fault = nil, nil
	return h.perform(o)
}

// Cancel implements printer.Printer.
func (h handle) Cancel(context.Context) error {
	if err := h.w.wait(h.p, fmt.Sprintf("M%d cancel", h.n)); err != nil {
		return err
	}
	if err := h.open(); err != nil {
		return err
	}
	if h.pending == nil {
		return printer.ErrNotSuspended
	}
	h.pending, h.fault, h.spoiled = nil, nil, h.inside != nil
	return nil
}

// Close implements printer.Printer.
func (h handle) Close() error { return nil }

// shred takes one from a pile.
func shred(pile []*plastic, p *plastic) []*plastic {
	return slices.DeleteFunc(pile, func(q *plastic) bool { return q == p })
}
