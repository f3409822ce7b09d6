package line

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

// Errors of adding stations and taking them away.
var (
	// ErrNotRunning: the line does not run, or is about to stop.
	ErrNotRunning = errors.New("line: it does not run")
	// ErrThere: the line has a station of this name already.
	ErrThere = errors.New("line: it has a station of this name")
	// ErrRoom: the line has no room for another station.
	ErrRoom = errors.New("line: it has no room for another station")
	// ErrNoStation: the line has no station of this name.
	ErrNoStation = errors.New("line: it has no station of this name")
)

// patience is how long a request that is prepared waits while no station works
// before other processes may have it.
const patience = 15 * time.Second

// Add brings a station into a line that runs. What an earlier run of the station
// left, here or in a process that died, is accounted for first. store.ErrTaken while
// another process runs it.
func (l *Line) Add(ctx context.Context, s *station.Station) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return ErrNotRunning
	}
	for _, t := range l.seats {
		if t.s.Name == s.Name {
			return fmt.Errorf("%w: %s", ErrThere, s.Name)
		}
	}
	if len(l.seats) >= l.Room {
		return fmt.Errorf("%w: it has %d", ErrRoom, l.Room)
	}
	t := newSeat(l, s)
	if err := t.report(ctx); err != nil {
		return err
	}
	l.seats = append(l.seats, t)
	life, end := context.WithCancel(l.life)
	l.wg.Go(func() { t.beat(life) })
	l.wg.Go(func() {
		t.run(life)
		end()
		l.leave(t)
	})
	return nil
}

// Remove takes a station out of a line that runs, once the card that it has is
// finished, and returns when nothing of it runs any more. Its devices may be closed
// then; until then, and where ctx ends first, they are in use.
func (l *Line) Remove(ctx context.Context, name string) error {
	l.mu.Lock()
	var found *seat
	for _, t := range l.seats {
		if t.s.Name == name {
			found = t
		}
	}
	l.mu.Unlock()
	if found == nil {
		return fmt.Errorf("%w: %s", ErrNoStation, name)
	}
	found.drain()
	select {
	case <-found.left:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Names are the stations that the line has now.
func (l *Line) Names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := make([]string, len(l.seats))
	for i, t := range l.seats {
		names[i] = t.s.Name
	}
	return names
}

// leave says a station's last word.
func (l *Line) leave(t *seat) {
	defer close(t.left)
	err := t.rest(context.WithoutCancel(l.life))
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.seats {
		if l.seats[i] == t {
			l.seats = append(l.seats[:i:i], l.seats[i+1:]...)
			break
		}
	}
	if l.err == nil {
		l.err = err
	}
}

// begin counts a request that is to be prepared, unless the stations have enough
// before them.
func (l *Line) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seats) == 0 || l.jobs >= len(l.seats)+l.Ahead {
		return false
	}
	l.jobs++
	return true
}

func (l *Line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs--
}

// seat waits for a station. A request that waits while all stations here rest or
// wait for people is let go: another process may have stations that work.
func (l *Line) seat(ctx context.Context) (*seat, error) {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for {
		select {
		case s := <-l.free:
			return s, nil
		case <-l.stopping: // no station takes another card
			return nil, fmt.Errorf("line: stopping: %w", queue.ErrLater)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
			if !l.working() {
				return nil, fmt.Errorf("line: no station works: %w", queue.ErrLater)
			}
		}
	}
}

func (l *Line) working() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.seats {
		if t.working() {
			return true
		}
	}
	return false
}
