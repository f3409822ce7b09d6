package printer

import (
	"context"
	"sync"
)

// machine is what all drivers share: where the card is, which side is at the
// head, and the operation that a fault has suspended. A driver brings what each
// operation does; the rules of Printer are kept here, once.
//
// ops is held while an operation runs, so that they follow each other; mu guards
// the fields, and is never held while something moves: Status answers at once.
type machine struct {
	ops sync.Mutex
	// abandon, if set, is called when a suspended operation is given up.
	abandon func(ctx context.Context)

	mu       sync.Mutex
	running  bool
	station  Station
	side     Side
	spoiled  bool // an operation on this card was cancelled
	closed   bool
	pending  *operation
	fault    error
	ejected  int
	rejected int
}

// operation is one thing the printer does. act works on the outside world; done
// records it, once act has succeeded. An act that did its work and still has a
// fault to report says so with worked, and is not done again.
type operation struct {
	name string
	act  func(ctx context.Context) (worked bool, err error)
	done func()
}

// does is an act that either works or fails.
func does(f func() error) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) {
		err := f()
		return err == nil, err
	}
}

// tries is an act that either works or fails, and takes its time.
func tries(f func(context.Context) error) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		err := f(ctx)
		return err == nil, err
	}
}

// run performs an operation under the rules. allowed is asked first, with the
// lock held.
func (m *machine) run(ctx context.Context, allowed func() error, op operation) error {
	m.ops.Lock()
	defer m.ops.Unlock()
	if err := m.begin(ctx, func() error {
		if m.pending != nil {
			return ErrSuspended
		}
		return allowed()
	}); err != nil {
		return err
	}
	return m.perform(ctx, op)
}

// begin marks the machine as running if it may.
func (m *machine) begin(ctx context.Context, allowed func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.closed:
		return ErrClosed
	}
	if err := allowed(); err != nil {
		return err
	}
	m.running = true
	return nil
}

func (m *machine) perform(ctx context.Context, op operation) error {
	worked, err := op.act(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = false
	if worked {
		op.done()
		op.act = does(func() error { return nil })
		op.done = func() {}
	}
	switch {
	case Spoils(err):
		m.spoiled = true
	case Resumable(err):
		m.pending, m.fault = &op, err
	}
	return err
}

// withCard allows operations that need a card on which all went well.
func (m *machine) withCard() error {
	switch {
	case m.station == StationNone:
		return ErrNoCard
	case m.spoiled:
		return ErrCancelled
	}
	return nil
}

func (m *machine) withoutCard() error {
	if m.station != StationNone {
		return ErrCardInside
	}
	return nil
}

func (m *machine) withAnyCard() error {
	if m.station == StationNone {
		return ErrNoCard
	}
	return nil
}

func (m *machine) fed()            { m.station, m.side, m.spoiled = StationHead, Front, false }
func (m *machine) moved(s Station) { m.station = s }
func (m *machine) flipped()        { m.side, m.station = 1-m.side, StationHead }
func (m *machine) gone(count *int) { m.station, m.spoiled = StationNone, false; *count++ }

// resume carries out the suspended operation.
func (m *machine) resume(ctx context.Context) error {
	m.ops.Lock()
	defer m.ops.Unlock()
	var op operation
	if err := m.begin(ctx, func() error {
		if m.pending == nil {
			return ErrNotSuspended
		}
		op = *m.pending
		m.pending, m.fault = nil, nil
		return nil
	}); err != nil {
		return err
	}
	return m.perform(ctx, op)
}

// cancel gives the suspended operation up.
func (m *machine) cancel(ctx context.Context) error {
	m.mu.Lock()
	err := func() error {
		switch {
		case m.closed:
			return ErrClosed
		case m.pending == nil:
			return ErrNotSuspended
		}
		m.pending, m.fault = nil, nil
		if m.station != StationNone {
			m.spoiled = true
		}
		return nil
	}()
	m.mu.Unlock()
	if err == nil && m.abandon != nil {
		m.abandon(ctx)
	}
	return err
}

func (m *machine) status() (Status, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Status{}, ErrClosed
	}
	s := Status{Station: m.station, Side: m.side, Fault: m.fault, Ejected: m.ejected, Rejected: m.rejected, Ready: m.pending == nil && !m.running}
	if m.pending != nil {
		s.Suspended = m.pending.name
	}
	return s, nil
}

// shut closes once; a card inside keeps the printer open.
func (m *machine) shut() error {
	m.ops.Lock()
	defer m.ops.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return ErrClosed
	case m.station != StationNone:
		return ErrCardInside
	}
	m.closed = true
	return nil
}
