package line

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Line runs the stations of one process on a store that others may share.
type Line struct {
	Store *store.Store
	// Process names this process, the same after a restart.
	Process  string
	Stations []*station.Station
	// Prepare makes everything of a request that can be ready before its blank
	// lies in the encoder. It is called from many goroutines.
	Prepare func(ctx context.Context, r store.Request) (*station.Work, error)
	// Ready says whether the token answers; a station that lost it waits for
	// that. nil: always.
	Ready func(ctx context.Context) error
	// Ahead is how many requests are prepared beyond those at the stations;
	// 0 is as many as there are stations.
	Ahead int
	// Room is how many stations the line has room for while it runs: Add adds up to
	// so many. 0 is as many as Run begins with.
	Room int
	// Batch is the only one whose cards are made, and ends Run when nothing of it is
	// left to make; 0: cards of all batches, until ctx ends.
	Batch int64
	Log   *slog.Logger
	// Open opens what hands out the requests; nil is the queue in the store's
	// own database.
	Open func(ctx context.Context, c queue.Config) (Jobs, error)

	free chan *seat      // hands a station that is ready to a request that is prepared
	desk chan struct{}   // room for the requests that are prepared at a time
	life context.Context // ends when nothing of the line runs any more
	// stopping is closed when the line takes no more cards: a station that waits
	// for a person waits no longer.
	stopping chan struct{}

	mu    sync.Mutex
	seats []*seat
	jobs  int // requests that are prepared, wait for a station or are at one
	open  bool
	wg    sync.WaitGroup
	err   error // the first that the store had against a station's last word
}

// Jobs hands out requests: *queue.Queue is what a line has.
type Jobs interface {
	// Start takes back what an earlier run of the process left, and begins to
	// call the config's Work.
	Start(ctx context.Context) error
	// Stop hands out nothing more and waits for what is being worked on.
	Stop(ctx context.Context) error
}

// Retry is how long a station waits before it tries again what failed.
const Retry = 2 * time.Second

// heartbeat is how often a station reports.
const heartbeat = 2 * time.Second

// Run recovers every station and works until the batch is done or ctx ends. When
// ctx ends each station finishes the card it has.
func (l *Line) Run(ctx context.Context) error {
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	if len(l.Stations) == 0 {
		return errors.New("line: no station")
	}
	if l.Ahead <= 0 {
		l.Ahead = len(l.Stations)
	}
	l.Room = max(l.Room, len(l.Stations))
	open := l.Open
	if open == nil {
		open = func(ctx context.Context, c queue.Config) (Jobs, error) { return queue.Open(ctx, l.Store, c) }
	}
	q, err := open(ctx, queue.Config{Process: l.Process, Workers: l.Room + l.Ahead, Work: l.work, Log: l.Log})
	if err != nil {
		return err
	}
	// A request can wait and a card in an encoder cannot: preparing leaves a
	// processor to the stations.
	l.desk = make(chan struct{}, max(runtime.GOMAXPROCS(0)-1, 1))
	// What is at work when ctx ends is finished.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	l.mu.Lock()
	l.free, l.life, l.stopping = make(chan *seat), work, make(chan struct{})
	l.seats, l.jobs, l.err, l.open = nil, 0, nil, true
	l.mu.Unlock()
	for _, s := range l.Stations {
		if err = l.Add(ctx, s); err != nil {
			break
		}
	}
	if err == nil {
		err = q.Start(work)
	}
	started := err == nil
	if started {
		err = l.wait(ctx)
	}
	l.mu.Lock()
	l.open = false
	seats := l.seats
	l.mu.Unlock()
	close(l.stopping)
	for _, s := range seats {
		s.drain()
	}
	if started {
		if serr := q.Stop(work); err == nil {
			err = serr
		}
	}
	stop()
	l.wg.Wait()
	if err == nil {
		err = l.err
	}
	return err
}

// Settle brings every station into order, as Run does at its beginning, and begins no
// card. A station that cannot be brought into order is an error.
func (l *Line) Settle(ctx context.Context) error {
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	l.stopping = make(chan struct{})
	close(l.stopping)
	var errs []error
	for _, s := range l.Stations {
		seat := newSeat(l, s)
		if err := seat.report(ctx); err != nil {
			errs = append(errs, err)
			continue
		}
		if err := s.Recover(ctx, l.Prepare); err != nil {
			errs = append(errs, err)
		}
		seat.set(store.StationDrained, "")
		if err := seat.report(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// wait returns when the batch is done or ctx ends.
func (l *Line) wait(ctx context.Context) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if l.Batch == 0 {
			continue
		}
		var left int64
		if err := l.Store.Do(ctx, "left", func(tx *store.Tx) error {
			n, err := tx.RequestCounts(ctx, l.Batch)
			left = n[store.RequestOpen] + n[store.RequestMaking]
			return err
		}); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			l.Log.Warn("the database does not answer", "reason", err)
			continue
		}
		if left == 0 {
			return nil
		}
	}
}

// work is one job: prepare, wait for a station, make.
func (l *Line) work(ctx context.Context, j queue.Job) error {
	r, err := l.request(ctx, "request", j.RequestID)
	if err != nil {
		return err
	}
	if l.Batch != 0 && r.BatchID != l.Batch {
		return fmt.Errorf("line: request %d is of another batch: %w", r.ID, queue.ErrLater)
	}
	if r.State != store.RequestOpen {
		if r.State == store.RequestMaking {
			return fmt.Errorf("line: request %d is at a station: %w", r.ID, queue.ErrLater)
		}
		return nil // done, held or cancelled: whoever opens it again puts a new job in
	}
	if !l.begin() {
		return fmt.Errorf("line: enough is prepared: %w", queue.ErrLater)
	}
	defer l.end()
	w, err := l.prepare(ctx, r)
	if err != nil {
		return l.unprepared(ctx, r, err)
	}
	w.Done = func(tx *store.Tx) error { return j.Complete(ctx, tx) }
	s, err := l.seat(ctx)
	if err != nil {
		return err
	}
	result, err := s.make(ctx, w)
	switch {
	case later(err):
		return fmt.Errorf("%w: %w", queue.ErrLater, err)
	case err != nil && result.Card.ID == 0:
		return err
	case result.Good:
		return nil
	}
	again, rerr := l.request(ctx, "after", r.ID)
	if rerr == nil && again.State == store.RequestOpen {
		return fmt.Errorf("line: the blank is untouched: %w", queue.ErrLater)
	}
	return rerr
}

// later: no card was begun, and another time one may be.
func later(err error) bool {
	return errors.Is(err, station.ErrLotStopped) || errors.Is(err, store.ErrLive) || errors.Is(err, store.ErrNoStock) || errors.Is(err, store.ErrPaused)
}

// prepare is Prepare in its turn.
func (l *Line) prepare(ctx context.Context, r store.Request) (*station.Work, error) {
	select {
	case l.desk <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.desk }()
	return l.Prepare(ctx, r)
}

func (l *Line) request(ctx context.Context, what string, id int64) (r store.Request, err error) {
	err = l.Store.Do(ctx, fmt.Sprintf("%s %d", what, id), func(tx *store.Tx) (err error) {
		r, err = tx.Request(ctx, id)
		return err
	})
	return r, err
}

// unprepared is for a request that no card can be made of: no blank is drawn for
// it, and it waits for a person.
func (l *Line) unprepared(ctx context.Context, r store.Request, cause error) error {
	if ctx.Err() != nil || errors.Is(cause, hsm.Err) {
		return fmt.Errorf("%w: %w", queue.ErrLater, cause)
	}
	l.Log.Warn("no card can be made of a request", "request", r.ID, "reason", cause)
	return l.Store.Do(ctx, fmt.Sprintf("hold %d", r.ID), func(tx *store.Tx) error { return tx.Hold(ctx, r.ID, "prepare: "+cause.Error()) })
}
