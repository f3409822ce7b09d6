package line

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
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
	changed       chan struct{} // closed and renewed when wanted or draining changes
	draining      bool          // it leaves the line once its card is finished
	taken         bool          // another process has the station now

	back chan error    // what the card ended with that the station was given for
	left chan struct{} // closed when nothing of the station runs any more
}

func newSeat(l *Line, s *station.Station) *seat {
	t := &seat{l: l, s: s, state: store.StationIdle, changed: make(chan struct{}), back: make(chan error, 1), left: make(chan struct{})}
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
	t.wake()
}

// wake tells whoever waits that something is wanted; t.mu is held.
func (t *seat) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *seat) leaves() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.draining
}

func (t *seat) working() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state == store.StationWorking
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
		t.wake()
	}
	return nil
}

// heard takes back a word that was for one fault, once it was followed or came
// before its fault. What people want since then stays.
func (t *seat) heard(ctx context.Context, words ...string) error {
	if err := t.l.Store.Do(ctx, t.s.Name+": want", func(tx *store.Tx) error {
		for _, w := range words {
			if err := tx.Heard(ctx, t.s.Name, w); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.Contains(words, t.wanted) {
		t.wanted = store.WantWork
	}
	return nil
}

// rest is the station's last word.
func (t *seat) rest(ctx context.Context) error {
	t.mu.Lock()
	t.state, t.card = store.StationDrained, 0
	taken := t.taken
	t.mu.Unlock()
	if taken {
		return nil
	}
	return t.report(ctx)
}

func (t *seat) beat(ctx context.Context) {
	// Stations begin together and must not report together: the store takes one
	// after the other, and a card may be waiting for it.
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.s.Name))
	if !pause(ctx, heartbeat*time.Duration(h.Sum32()%64)/64) {
		return
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err := t.report(ctx)
			if err == nil || ctx.Err() != nil {
				continue
			}
			t.l.Log.Warn("the station cannot report", "station", t.s.Name, "reason", err)
			if errors.Is(err, store.ErrTaken) {
				// It was silent for so long that another process took it: two
				// must not drive one reader.
				t.mu.Lock()
				t.taken = true
				t.mu.Unlock()
				t.drain()
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

// run is the life of a station in its line.
func (t *seat) run(ctx context.Context) {
	ordered := false
	for {
		if !ordered && !t.recover(ctx) {
			return
		}
		if !t.offer(ctx) {
			return
		}
		err := <-t.back
		if errors.Is(err, station.ErrDied) {
			return
		}
		ordered = err == nil || later(err)
	}
}

// recover brings the station into order, as often as it takes; false if it leaves
// the line.
func (t *seat) recover(ctx context.Context) bool {
	for {
		err := t.s.Recover(ctx, t.l.Prepare)
		if err == nil && t.l.Ready != nil {
			err = t.l.Ready(ctx)
		}
		if err == nil {
			return true
		}
		t.set(store.StationHalted, err.Error())
		t.l.Log.Warn("the station is not ready", "station", t.s.Name, "reason", err)
		if t.leaves() || !pause(ctx, Retry) {
			return false
		}
	}
}

// offer waits while people want the station to rest, and then gives it to the
// next request; false if it leaves the line.
func (t *seat) offer(ctx context.Context) bool {
	for {
		wanted, changed := t.want()
		if t.leaves() {
			return false
		}
		give := t.l.free
		switch wanted {
		case store.WantPause:
			t.set(store.StationHalted, "paused by an operator")
			give = nil
		case store.WantDrain:
			t.set(store.StationDrained, "drained by an operator")
			give = nil
		case store.WantResume, store.WantGiveUp:
			// Nothing is halted here: the next fault waits for its own word.
			if err := t.heard(ctx, wanted); err != nil {
				t.l.Log.Warn("the station cannot report", "station", t.s.Name, "reason", err)
			}
			t.set(store.StationIdle, "")
		default:
			t.set(store.StationIdle, "")
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		case give <- t:
			return true
		}
	}
}

// make makes one card and gives the station back to itself.
func (t *seat) make(ctx context.Context, w *station.Work) (result station.Result, err error) {
	t.set(store.StationWorking, "")
	defer func() { t.back <- err }()
	// A card that is begun is finished, whatever ends the line.
	result, err = t.s.Make(context.WithoutCancel(ctx), w)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case result.Good:
		t.made++
	case result.Card.ID != 0:
		t.spoiled++
	}
	if err != nil && !later(err) {
		t.state, t.message = store.StationHalted, err.Error()
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
	// What was said before there was this fault is no word about it.
	if err := t.heard(ctx, store.WantResume, store.WantGiveUp); err != nil {
		return 0, err
	}
	if err := t.say(ctx, "halt"); err != nil {
		return 0, err
	}
	for {
		wanted, changed := t.want()
		if wanted == store.WantResume || wanted == store.WantGiveUp {
			if err := t.heard(ctx, wanted); err != nil {
				return 0, err
			}
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
