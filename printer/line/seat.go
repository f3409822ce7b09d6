package line

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// seat is a station in its line: what it says of itself, and what people want of
// it.
type seat struct {
	l *Line
	s *station.Station

	mu            sync.Mutex
	state         store.StationState
	message       string
	card          int64
	made, spoiled int64
	wanted        string
	changed       chan struct{} // closed and renewed when wanted changes
	draining      bool
}

func newSeat(l *Line, s *station.Station) *seat {
	t := &seat{l: l, s: s, state: store.StationIdle, changed: make(chan struct{})}
	s.Operator = t
	return t
}

func (t *seat) set(state store.StationState, message string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state, t.message = state, message
}

func (t *seat) drain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.draining = true
}

// report tells the store how the station is, and learns what people want.
func (t *seat) report(ctx context.Context) error { return t.say(ctx, "report") }

func (t *seat) say(ctx context.Context, what string) error {
	t.mu.Lock()
	r := store.Station{Name: t.s.Name, Process: t.l.Process, State: t.state, CardID: t.card, Message: t.message, Made: t.made, Spoiled: t.spoiled}
	t.mu.Unlock()
	var wanted string
	if err := t.l.Store.Do(ctx, t.s.Name+": "+what, func(tx *store.Tx) (err error) {
		wanted, err = tx.Report(ctx, r)
		return err
	}); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if wanted != t.wanted {
		t.wanted = wanted
		close(t.changed)
		t.changed = make(chan struct{})
	}
	return nil
}

func (t *seat) beat(ctx context.Context) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := t.report(ctx); err != nil && ctx.Err() == nil {
				t.l.Log.Warn("the station cannot report", "station", t.s.Name, "reason", err)
			}
		}
	}
}

// want is what people want of the station now, and a channel that closes when it
// changes.
func (t *seat) want() (string, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wanted, t.changed
}

// recover brings the station into order, as often as it takes, and offers it to
// the line.
func (t *seat) recover(ctx context.Context) {
	for {
		err := t.s.Recover(ctx, t.l.Prepare)
		if err == nil && t.l.Ready != nil {
			err = t.l.Ready(ctx)
		}
		if err == nil {
			break
		}
		t.set(store.StationHalted, err.Error())
		t.l.Log.Warn("the station is not ready", "station", t.s.Name, "reason", err)
		if !pause(ctx, Retry) {
			return
		}
	}
	t.set(store.StationIdle, "")
	t.offer(ctx)
}

// offer waits while people want the station to rest, and then gives it to the
// next request.
func (t *seat) offer(ctx context.Context) {
	for {
		wanted, changed := t.want()
		switch wanted {
		case store.WantPause:
			t.set(store.StationHalted, "paused by an operator")
		case store.WantDrain:
			t.set(store.StationDrained, "drained by an operator")
		default:
			t.mu.Lock()
			rest := t.draining
			t.mu.Unlock()
			if rest {
				return
			}
			t.set(store.StationIdle, "")
			t.l.free <- t
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// make makes one card and brings the station back into the line.
func (t *seat) make(ctx context.Context, w *station.Work) (station.Result, error) {
	t.set(store.StationWorking, "")
	// A card that is begun is finished, whatever ends the line.
	hold := context.WithoutCancel(ctx)
	result, err := t.s.Make(hold, w)
	t.mu.Lock()
	switch {
	case result.Good:
		t.made++
	case result.Card.ID != 0:
		t.spoiled++
	}
	t.mu.Unlock()
	switch {
	case errors.Is(err, station.ErrDied):
		return result, err
	case errors.Is(err, station.ErrLotStopped), errors.Is(err, store.ErrLive), errors.Is(err, store.ErrNoStock), err == nil:
		go t.offer(t.l.life)
	default:
		t.set(store.StationHalted, err.Error())
		go t.recover(t.l.life)
	}
	return result, err
}

// Halted implements station.Operator: it waits until somebody says at the
// console that the fault is put right, or that the card is given up.
func (t *seat) Halted(ctx context.Context, s *station.Station, c store.Card, fault error) (station.Decision, error) {
	t.set(store.StationHalted, fault.Error())
	t.mu.Lock()
	t.card = c.ID
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.card = 0
		t.mu.Unlock()
		t.set(store.StationWorking, "")
	}()
	if err := t.say(ctx, "halt"); err != nil {
		return 0, err
	}
	for {
		wanted, changed := t.want()
		if wanted == store.WantResume || wanted == store.WantGiveUp {
			if err := t.l.Store.Do(ctx, t.s.Name+": want", func(tx *store.Tx) error { return tx.Want(ctx, s.Name, store.WantWork, "") }); err != nil {
				return 0, err
			}
			t.mu.Lock()
			t.wanted = store.WantWork
			t.mu.Unlock()
			if wanted == store.WantGiveUp {
				return station.GiveUp, nil
			}
			return station.Resume, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-t.l.stopping:
			return 0, station.ErrStopped
		case <-changed:
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
