package campaign

import (
	"context"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// Plastic is one card as it lies somewhere in the world.
type Plastic struct {
	Chip  *chip.Chip
	Faces int // printed so far
}

// Machine is a card printer with an encoder, and the plastic in it. It moves
// plastic as the virtual printer says, which may break down.
type Machine struct {
	*printer.Virtual
	w      *World
	inside *Plastic
	Good   []*Plastic
	Locked []*Plastic
}

// NewMachine is an empty machine with an endless hopper of the world's blanks.
func (w *World) NewMachine() *Machine {
	m := &Machine{Virtual: printer.NewVirtual(), w: w}
	w.Machines = append(w.Machines, m)
	return m
}

// act does an operation, with a moment before and after it in which the process
// may die.
func (m *Machine) act(ctx context.Context, name string, op func(context.Context) error) error {
	if err := m.w.tick(name); err != nil {
		return err
	}
	before, err := m.Virtual.Status(ctx)
	if err != nil {
		return err
	}
	operr := op(ctx)
	after, err := m.Virtual.Status(ctx)
	if err != nil {
		return err
	}
	switch {
	case before.Station == printer.StationNone && after.Station != printer.StationNone:
		m.inside = &Plastic{Chip: m.w.blank()}
	case before.Station != printer.StationNone && after.Station == printer.StationNone:
		if after.Ejected > before.Ejected {
			m.Good = append(m.Good, m.inside)
		} else {
			m.Locked = append(m.Locked, m.inside)
		}
		m.inside = nil
	}
	if err := m.w.tick(name + " done"); err != nil {
		return err
	}
	return operr
}

// Feed implements printer.Printer.
func (m *Machine) Feed(ctx context.Context) error { return m.act(ctx, "feed", m.Virtual.Feed) }

// MoveTo implements printer.Printer.
func (m *Machine) MoveTo(ctx context.Context, s printer.Station) error {
	return m.act(ctx, "move", func(ctx context.Context) error { return m.Virtual.MoveTo(ctx, s) })
}

// Print implements printer.Printer.
func (m *Machine) Print(ctx context.Context, f printer.Face) error {
	return m.act(ctx, "print", func(ctx context.Context) error {
		err := m.Virtual.Print(ctx, f)
		if m.inside != nil {
			m.inside.Faces++
		}
		return err
	})
}

// Flip implements printer.Printer.
func (m *Machine) Flip(ctx context.Context) error { return m.act(ctx, "flip", m.Virtual.Flip) }

// Eject implements printer.Printer.
func (m *Machine) Eject(ctx context.Context) error { return m.act(ctx, "eject", m.Virtual.Eject) }

// Reject implements printer.Printer.
func (m *Machine) Reject(ctx context.Context) error { return m.act(ctx, "reject", m.Virtual.Reject) }

// Resume implements printer.Printer.
func (m *Machine) Resume(ctx context.Context) error { return m.act(ctx, "resume", m.Virtual.Resume) }

// Cancel implements printer.Printer.
func (m *Machine) Cancel(ctx context.Context) error { return m.act(ctx, "cancel", m.Virtual.Cancel) }

// Connect implements station.Encoder.
func (m *Machine) Connect(ctx context.Context) (station.Chip, error) {
	if err := m.w.tick("connect"); err != nil {
		return nil, err
	}
	st, err := m.Virtual.Status(ctx)
	if err != nil {
		return nil, err
	}
	if m.inside == nil || st.Station != printer.StationContactless {
		return nil, station.ErrEmpty
	}
	if _, err := m.inside.Chip.Reset(ctx); err != nil {
		return nil, err
	}
	return &link{m.inside.Chip, m.w}, nil
}

// link is a chip in the field; every exchange is a moment in which the process
// may die, before the chip has seen the command or after.
type link struct {
	*chip.Chip
	w *World
}

func (l *link) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if err := l.w.tick("exchange"); err != nil {
		return nil, err
	}
	answer, err := l.Chip.Transmit(ctx, command)
	if terr := l.w.tick("exchange done"); terr != nil {
		return nil, terr
	}
	return answer, err
}

func (l *link) Close() error { return nil }
