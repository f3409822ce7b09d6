package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line"
	"github.com/chipid-toolkit/chipid/printer/line/quality"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// day is one run of a line.
type day struct {
	stations, cards int // stations, and cards each makes on average
	cores           int // of the modelled host
	seed            uint64
	even            bool // every chip is as lucky with its primes as chips are on average
}

// luck is that of the chips at station i.
func (d day) luck(i int) func() float64 {
	if d.even {
		return nil
	}
	return rand.New(rand.NewPCG(d.seed, uint64(i))).Float64 //nolint:gosec // luck, not secrets
}

// outcome is what came of a day. Times are sums over all stations unless they say
// otherwise.
type outcome struct {
	day
	made                   int
	inStation              time.Duration
	mechanics, encoded     time.Duration
	link, silicon          time.Duration
	by                     [causes]time.Duration
	perHour                float64       // cards, all stations together
	stationCPU, prepareCPU time.Duration // of the host, real
	otherCPU, chipCPU      time.Duration
	commit                 time.Duration // mean
	commits                int
	exchanges              int
}

// waited is the time that the host costs the stations: all that is not mechanics, chip
// or air.
func (o *outcome) waited() time.Duration { return o.inStation - o.mechanics - o.encoded }

// share of the time at the encoder that the host costs, in percent: the mechanics are
// left out of it, where nobody waits for the host's sake.
func (o *outcome) share(d time.Duration) float64 {
	return 100 * float64(d) / float64(o.inStation-o.mechanics)
}

// hostCPU is the host's work for one card, without that of virtual chips.
func (o *outcome) hostCPU() time.Duration {
	return (o.stationCPU + o.prepareCPU + o.otherCPU) / time.Duration(max(o.made, 1))
}

// hall is the line of one run.
type hall struct {
	w        *world
	h        *host
	meters   map[string]*meter // by station
	machines map[string]*machine
	running  atomic.Bool
	mu       sync.Mutex
	threads  map[int]*meter // of what runs beside the stations
	prepared time.Duration  // real processor time
}

// run runs a day within modelled time.
func (w *world) run(t *testing.T, d day) (o *outcome, err error) {
	dir, err := os.MkdirTemp("", "chipid-bench-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	now := time.Now()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now)) // modelled time begins long before certificates do
		o, err = w.hold(t.Context(), d, filepath.Join(dir, "line.db"))
	})
	return o, err
}

func (w *world) hold(ctx context.Context, d day, db string) (o *outcome, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	y := &hall{w: w, h: newHost(d.cores), meters: map[string]*meter{}, machines: map[string]*machine{}, threads: map[int]*meter{}}
	s, err := store.Open(ctx, db, store.Options{Begin: y.begin, Before: y.before, After: y.committed})
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	q, err := queue.Open(ctx, s, queue.Config{Process: "bench"})
	if err != nil {
		return nil, err
	}
	batch, err := w.fill(ctx, s, d.stations*d.cards, q.EnqueueMany)
	if err != nil {
		return nil, err
	}
	l := &line.Line{Store: s, Process: "bench", Prepare: y.prepare, Batch: batch.ID, Open: func(ctx context.Context, c queue.Config) (line.Jobs, error) {
		q, err := queue.Open(ctx, s, c)
		return &jobs{q, &y.running}, err
	}}
	for i := range d.stations {
		l.Stations = append(l.Stations, y.station(fmt.Sprintf("S%d", i+1), s, d.luck(i)))
	}
	cpu := cpuOfAll()
	if err := l.Run(ctx); err != nil {
		return nil, err
	}
	return y.sum(d, cpuOfAll()-cpu), nil
}

func (y *hall) station(name string, s *store.Store, luck func() float64) *station.Station {
	m := &meter{h: y.h, cause: handling}
	x := &machine{Virtual: printer.NewVirtual(), w: y.w, m: m, rand: luck}
	y.meters[name], y.machines[name] = m, x
	return &station.Station{
		Name: name, Store: s, Blanks: "blanks", Issuer: issuer{&y.w.issuer.Authority, m},
		Encoder: x, Driver: y.w.driver, Printer: x, Chip: printer.StationContactless,
		Checker: checker{&quality.Checker{Trust: y.w.trust, Authority: &y.w.issuer.Authority}, m},
	}
}

// jobs are the queue's, and tell when it is at work: while it starts and stops, it waits
// for the database behind locks, and modelled time cannot pass.
type jobs struct {
	line.Jobs
	running *atomic.Bool
}

func (j *jobs) Start(ctx context.Context) error {
	err := j.Jobs.Start(ctx)
	j.running.Store(err == nil)
	return err
}

func (j *jobs) Stop(ctx context.Context) error {
	j.running.Store(false)
	return j.Jobs.Stop(ctx)
}

// prepare is the line's: the thread is the one that took the request from the store.
func (y *hall) prepare(_ context.Context, r store.Request) (*station.Work, error) {
	m := y.own()
	w, err := y.w.work(r)
	m.charge()
	y.mu.Lock()
	defer y.mu.Unlock()
	y.prepared += m.cpu
	m.cpu = 0
	return w, err
}

// own is the meter of the thread that calls.
func (y *hall) own() *meter {
	y.mu.Lock()
	defer y.mu.Unlock()
	id := threadID()
	m := y.threads[id]
	if m == nil {
		m = &meter{h: y.h, cause: handling}
		m.attach()
		y.threads[id] = m
	}
	return m
}

// of is the meter that a transaction belongs to, and the station's name and step where
// it is a station's own. What runs beside the line, heartbeats above all, has the meter
// of its thread.
func (y *hall) of(what string) (m *meter, name, step string) {
	name, step, ok := strings.Cut(what, ": ")
	switch {
	case ok && step != "report" && step != "halt" && step != "want" && step != "recover" && y.meters[name] != nil:
		return y.meters[name], name, step
	}
	return y.own(), "", what
}

// turn is a transaction under way.
type turn struct {
	begun time.Time     // modelled: when it asked for its turn
	cause cause         // before it
	wall  time.Duration // real: when its commit began
}

func (y *hall) begin(what string) error {
	if !y.running.Load() {
		return nil
	}
	// The thread dies with the goroutine, or is let go after the commit.
	runtime.LockOSThread()
	m, name, step := y.of(what)
	switch {
	case name == "" && m.turn == nil && !strings.HasPrefix(what, "after "):
		m.attach() // thread numbers come again
	case step == "draw":
		m.attach()
		x := y.machines[name]
		if x.begun.IsZero() {
			x.begun = time.Now()
		} else {
			m.spent[scheduling] += time.Since(x.ended)
		}
	}
	m.charge()
	m.turn = &turn{begun: time.Now(), cause: m.cause}
	m.cause = storing
	return nil
}

func (y *hall) before(what string) error {
	m, _, _ := y.of(what)
	if m == nil || m.turn == nil {
		return nil
	}
	m.spent[connection] += time.Since(m.turn.begun)
	m.charge()
	// The commit takes what commits have taken so far, while others wait.
	y.mu.Lock()
	d := y.h.commit()
	y.mu.Unlock()
	time.Sleep(d)
	m.spent[committing] += d
	m.turn.wall = wall()
	return nil
}

func (y *hall) committed(what string) error {
	m, name, step := y.of(what)
	if m.turn == nil {
		return nil
	}
	y.mu.Lock()
	y.h.committed, y.h.commits = y.h.committed+wall()-m.turn.wall, y.h.commits+1
	y.mu.Unlock()
	now := cpuOf(m.thread)
	m.cpu += max(now-m.mark, 0) // the commit's, which has been charged
	m.mark, m.cause, m.turn = now, m.turn.cause, nil
	switch {
	case step == "good", step == "sample":
		x := y.machines[name]
		x.ended = time.Now()
		x.cards++
	case name == "" && !strings.HasPrefix(what, "request "):
		runtime.UnlockOSThread()
	}
	return nil
}

// sum adds up what the stations did.
func (y *hall) sum(d day, cpu time.Duration) *outcome {
	o := &outcome{day: d, commit: y.h.commit(), commits: y.h.commits}
	for name, x := range y.machines {
		m := y.meters[name]
		if x.cards == 0 {
			continue
		}
		in := x.ended.Sub(x.begun)
		o.made += x.cards
		o.inStation += in
		o.mechanics += x.moved
		o.encoded += x.encoded
		o.link += x.link
		o.silicon += x.sil
		o.chipCPU += x.chipCPU
		o.stationCPU += m.cpu
		o.exchanges += x.exchanges
		o.perHour += float64(x.cards) * float64(time.Hour) / float64(in)
		for c := range causes {
			o.by[c] += m.spent[c]
		}
	}
	o.prepareCPU = y.prepared
	o.otherCPU = max(cpu-o.chipCPU-o.stationCPU-o.prepareCPU, 0)
	return o
}
