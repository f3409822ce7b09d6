package sim

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// Day says what happens on one day.
type Day struct {
	Seed     uint64
	Requests int
	// Stations are shared out among so many Processes.
	Stations, Processes int
	Faults              []Fault
	// Weak takes one of the line's safeguards away.
	Weak Weakness
	// Trace keeps what happened in words.
	Trace bool
}

// Outcome is what became of a day.
type Outcome struct {
	Breaches []string // of the guarantee; none on a good day
	Struck   int      // faults that did strike
	Moments  int
	Hash     uint64 // of the whole course: the same for the same day
	Trace    []string
	Points   map[string]int // first moment of each transaction, by its name
	Good     int
	Rejected int
	Chips    int // that left the hoppers
}

// World is one day.
type World struct {
	*Plant
	day   Day
	store *store.Store
	batch int64

	mu      sync.Mutex // guards gates, living, processes and lives
	logs    sync.Mutex // guards the trace
	gates   []*gate
	arrived chan struct{}
	rng     *rand.Rand // the order of the line, and nothing else
	out     Outcome

	faults    []*armed
	processes []*process
	lives     map[string]int
	machines  []*machine
	plastic   []*plastic // every blank that was delivered
	hopper    []*plastic // of those, what lies in the stock
	hand      []*plastic // what somebody holds

	offset    time.Duration // of the machine's clock
	rightAt   time.Time     // when it is put right
	dbBack    time.Time     // when the database is back
	tokenBack time.Time
	closed    bool // the batch is
	over      bool // nobody starts anything any more
	living    int  // goroutines of processes and people
	start     time.Time
}

// plastic is one blank, whatever it becomes.
type plastic struct {
	n       int
	chip    *chip.Chip
	holder  int // line of the request whose plan was written to it last; 0: none
	faces   [2][]int
	dead    bool
	hung    bool
	scanned bool // its scan in the locked bin was taken
	since   time.Time
}

func (p *plastic) serial() string { return fmt.Sprintf("%X", p.chip.Serial()) }

// Limits of a day: past them it does not come to an end.
const (
	longestDay  = 2 * time.Hour
	mostMoments = 25_000
)

// Run lives a day. The same day gives the same outcome.
func (p *Plant) Run(t *testing.T, d Day) (o Outcome) {
	synctest.Test(t, func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, d.Seed)
		time.Sleep(time.Until(opened))
		w := &World{Plant: p, day: d, arrived: make(chan struct{}, 1), rng: rand.New(rand.NewPCG(d.Seed, 1)), start: time.Now()}
		w.lives = map[string]int{}
		w.out.Points = map[string]int{}
		if err := w.live(); err != nil {
			w.breach("the world: %v", err)
		}
		o = w.out
	})
	return o
}

func (w *World) live() (err error) {
	ctx := context.Background()
	if w.store, err = store.Open(ctx, ":memory:", store.Options{Clock: w.clock}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.store.Close()) }()
	if err := w.fill(ctx); err != nil {
		return err
	}
	draws := rand.New(rand.NewPCG(w.day.Seed, 2))
	for _, f := range w.day.Faults {
		w.faults = append(w.faults, &armed{Fault: f, draw: draws.Uint64()})
	}
	for n := range w.day.Stations {
		w.machines = append(w.machines, &machine{w: w, n: n + 1})
	}
	for slot := range w.day.Processes {
		var own []*machine
		for n := slot; n < len(w.machines); n += w.day.Processes {
			own = append(own, w.machines[n])
		}
		w.spawn(func() { w.supervise(fmt.Sprintf("p%d", slot+1), own) })
	}
	w.spawn(w.people)
	w.schedule()
	w.judge(ctx)
	return nil
}

// fill brings the batch and its blanks.
func (w *World) fill(ctx context.Context) error {
	blanks := 6*w.day.Requests + 3*len(w.day.Faults)
	for n := range blanks {
		p, err := w.blank(n+1, w.transport)
		if err != nil {
			return err
		}
		w.plastic, w.hopper = append(w.plastic, p), append(w.hopper, p)
	}
	return w.store.Do(ctx, "fill", func(tx *store.Tx) error {
		b, err := tx.NewBatch(ctx, store.Batch{Name: "day", Profile: w.plans[0].Profile.ID})
		if err != nil {
			return err
		}
		w.batch = b.ID
		for i := range w.day.Requests {
			d := sha256.Sum256(fmt.Appendf(nil, "%d", i))
			if _, err := tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 1, NumberDigest: d[:]}); err != nil {
				return err
			}
		}
		return tx.Receive(ctx, b.ID, int64(blanks), "delivery", "anna")
	})
}

func (w *World) blank(n int, master mac.Key) (*plastic, error) {
	c, err := chip.NewBlank(chip.Options{Serial: fmt.Appendf(nil, "CHIP%04d", n), Master: master, RetryDelay: -1})
	return &plastic{n: n, chip: c}, err
}

// clock is the time as the machines have it.
func (w *World) clock() time.Time { return time.Now().Add(w.offset) }

func (w *World) breach(format string, args ...any) {
	w.out.Breaches = append(w.out.Breaches, fmt.Sprintf(format, args...))
}

// log keeps a line of the trace.
func (w *World) log(format string, args ...any) {
	if w.day.Trace {
		w.logs.Lock()
		defer w.logs.Unlock()
		w.out.Trace = append(w.out.Trace, fmt.Sprintf("%6d %9s  ", w.out.Moments, time.Since(w.start).Round(time.Millisecond))+fmt.Sprintf(format, args...))
	}
}

// hash adds to what tells one course of a day from another.
func (w *World) hash(s string) {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%x %s", w.out.Hash, s)
	w.out.Hash = h.Sum64()
}
