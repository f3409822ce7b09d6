package sim

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// process is one life of a process of the line.
type process struct {
	w        *World
	name     string
	machines []*machine
	store    *store.Store
	cancel   context.CancelFunc
	dead     bool // it was killed: nothing it does comes about any more
	buried   bool
	person   bool   // people, who cannot be killed
	life     uint64 // which one of this name, from 1
	ended    bool   // it has ended by itself
	frozen   time.Time
}

var (
	errRefused = errors.New("database: the transaction failed")
	errSilent  = errors.New("database: the connection broke")
)

func (w *World) newProcess(name string, machines []*machine) (*process, context.Context) {
	ctx, cancel := context.WithCancel(context.Background())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lives[name]++
	p := &process{w: w, name: name, machines: machines, cancel: cancel, life: uint64(w.lives[name])}
	p.store = w.store.With(store.Options{Clock: w.clock, Begin: p.begin, Before: p.commit, After: p.committed})
	w.processes = append(w.processes, p)
	return p, ctx
}

func (p *process) begin(what string) error {
	if err := p.w.wait(p, what); err != nil {
		return err
	}
	if _, err := p.w.tick(p, atBegin, what, nil); err != nil {
		return err
	}
	return p.down()
}

func (p *process) down() error {
	if time.Now().Before(p.w.dbBack) {
		return errSilent
	}
	return nil
}

func (p *process) commit(what string) error {
	a, err := p.w.tick(p, atCommit, what, nil)
	if err != nil {
		return err
	}
	if a != nil {
		return errRefused
	}
	return p.down()
}

func (p *process) committed(what string) error {
	if !quiet(what) {
		p.w.log("%s: %s", p.name, what)
	}
	a, err := p.w.tick(p, atCommitted, what, nil)
	if err != nil {
		return err
	}
	if a != nil {
		return errSilent
	}
	return nil
}

func quiet(what string) bool {
	switch what {
	case "stations", "lots", "look", "confirm", "close":
		return true
	}
	return strings.HasSuffix(what, ": report") || what == "next" || what == "left" || strings.HasPrefix(what, "request ")
}

// supervise starts a process again whenever it has ended, as an init system does.
func (w *World) supervise(name string, machines []*machine) {
	rng := rand.New(rand.NewPCG(w.day.Seed, uint64(len(name))<<8|uint64(name[len(name)-1])))
	for !w.over {
		w.life(name, machines)
		time.Sleep(time.Second + time.Duration(rng.IntN(20_000))*time.Millisecond)
	}
}

// second runs another process for the same stations for a while.
func (w *World) second(name string, machines []*machine, long time.Duration) {
	for end := time.Now().Add(long); !w.over && time.Now().Before(end); time.Sleep(3 * time.Second) {
		timer := time.AfterFunc(time.Until(end), func() {
			for _, p := range w.processes {
				if p.name == name && !p.ended {
					p.dead = true
				}
			}
		})
		w.life(name, machines)
		timer.Stop()
	}
}

func (w *World) life(name string, machines []*machine) {
	p, ctx := w.newProcess(name, machines)
	w.log("%s starts", name)
	l := &line.Line{Store: p.store, Process: name, Prepare: p.prepare, Ready: p.ready, Log: w.logger(name)}
	l.Open = func(_ context.Context, c queue.Config) (line.Jobs, error) {
		return newSource(p, c), nil
	}
	for _, m := range machines {
		h := handle{m, p}
		authority := w.issuer.Authority
		authority.Keyring = &token{authority.Keyring, p}
		l.Stations = append(l.Stations, &station.Station{
			Name: fmt.Sprintf("S%d", m.n), Store: p.store, Blanks: "blanks", Issuer: &issuer{&authority, m}, Encoder: h,
			Driver: w.weakDriver(), Printer: h, Chip: printer.StationContactless, Checker: &checker{w, m}, Log: l.Log,
		})
	}
	err := l.Run(ctx)
	p.ended = true
	p.cancel()
	for _, m := range w.machines {
		if m.owner == p {
			m.owner = nil
		}
	}
	w.log("%s ends: %v", name, err)
}

func (w *World) logger(name string) *slog.Logger {
	if !w.day.Trace {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(teller{w, name}, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
}

type teller struct {
	w    *World
	name string
}

func (t teller) Write(b []byte) (int, error) {
	t.w.log("%s says: %s", t.name, strings.TrimSpace(string(b)))
	return len(b), nil
}

var _ io.Writer = teller{}

// prepare is the line's Prepare: it needs the token, as opening a sealed record
// does.
func (p *process) prepare(_ context.Context, r store.Request) (*station.Work, error) {
	if err := p.asked(fmt.Sprintf("prepare %d", r.ID)); err != nil {
		return nil, err
	}
	w := p.w
	return &station.Work{Request: r, Plan: w.plans[(r.Line-1)%len(w.plans)], Front: face(printer.Front, r.Line), Back: face(printer.Back, r.Line)}, nil
}

// face bears the line of its request.
func face(side printer.Side, line int) printer.Face {
	g := image.NewGray(image.Rect(0, 0, 1, 1))
	g.Pix[0] = byte(line)
	return printer.Face{Side: side, DPI: 300, Colour: g}
}

func (p *process) ready(context.Context) error { return p.asked("ready") }

// asked is a question to the token.
func (p *process) asked(what string) error {
	if err := p.w.wait(p, what); err != nil {
		return err
	}
	if _, err := p.w.tick(p, atToken, what, nil); err != nil {
		return err
	}
	if time.Now().Before(p.w.tokenBack) {
		return hsm.ErrTokenLost
	}
	return nil
}

// token is the keyring as a process has it.
type token struct {
	hsm.Keyring
	p *process
}

func (t *token) Signer(ctx context.Context, ref hsm.KeyRef) (crypto.Signer, error) {
	s, err := t.Keyring.Signer(ctx, ref)
	return &signer{s, t.p}, err
}

func (t *token) CardKeys(ctx context.Context, master hsm.KeyRef, kdd []byte) (hsm.CardKeys, error) {
	if err := t.p.asked("card keys"); err != nil {
		return nil, err
	}
	return t.Keyring.CardKeys(ctx, master, kdd)
}

type signer struct {
	crypto.Signer
	p *process
}

func (s *signer) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := s.p.asked("sign"); err != nil {
		return nil, err
	}
	return s.Signer.Sign(rand, digest, opts)
}

// issuer is the authority; it notes whose plan is about to be written to what
// lies in the machine.
type issuer struct {
	*issue.Authority
	m *machine
}

func (i *issuer) Personalize(ctx context.Context, t apdu.Transmitter, plan *issue.Plan, o issue.Options) (*issue.Card, error) {
	inner := o.Journal
	o.Journal = issue.JournalFunc(func(ctx context.Context, e issue.Entry) error {
		if err := inner.Record(ctx, e); err != nil {
			return err
		}
		if l, ok := t.(*link); ok && e.Step == issue.StepWriting {
			for n, p := range i.m.w.plans {
				if p == plan {
					l.p.holder = n + 1
				}
			}
		}
		return nil
	})
	return i.Authority.Personalize(ctx, t, plan, o)
}

// checker is the checkpoint's own inspection, and an eye on the printed faces.
type checker struct {
	w *World
	m *machine
}

func (c *checker) Check(ctx context.Context, t apdu.Transmitter, w *station.Work, _ *issue.Card) (station.Quality, error) {
	if c.w.day.Weak == Blind {
		return station.Quality{Digest: make([]byte, 32)}, nil
	}
	v, err := c.w.inspect(ctx, t, w.Plan)
	if err != nil {
		return station.Quality{}, err
	}
	d := sha256.Sum256([]byte(v.Outcome))
	q := station.Quality{Digest: d[:]}
	l, _ := t.(*link)
	switch {
	case v.Outcome != inspect.ResultPassed:
		q.Problem = string(v.Outcome)
	case !l.p.printedFor(w.Request.Line):
		q.Problem = "print: a face is missing or another's"
	}
	return q, nil
}

func (p *plastic) printedFor(line int) bool {
	for _, f := range p.faces {
		if len(f) != 1 || f[0] != line {
			return false
		}
	}
	return true
}

func (w *World) inspect(ctx context.Context, t apdu.Transmitter, plan *issue.Plan) (*inspect.Verdict, error) {
	access, err := inspect.ByCAN(string(plan.CAN.Bytes()))
	if err != nil {
		return nil, err
	}
	return inspect.Inspect(ctx, t, access, w.trust, inspect.Options{Profile: plan.Profile})
}

// source stands in for the queue: it hands out what is open, sometimes twice, as
// a queue may that takes back what it thinks abandoned.
type source struct {
	p    *process
	c    queue.Config
	stop chan struct{}
	wg   sync.WaitGroup
	mu   sync.Mutex
	busy map[int64]int
	not  map[int64]time.Time // before which a request is not handed out again
	rng  *rand.Rand
}

func newSource(p *process, c queue.Config) *source {
	return &source{p: p, c: c, stop: make(chan struct{}), busy: map[int64]int{}, not: map[int64]time.Time{},
		rng: rand.New(rand.NewPCG(p.w.day.Seed, p.life<<8|uint64(p.name[len(p.name)-1])))}
}

// Start implements line.Jobs.
func (s *source) Start(ctx context.Context) error {
	s.wg.Go(func() {
		tick := time.NewTicker(1500 * time.Millisecond)
		defer tick.Stop()
		for {
			s.hand(ctx)
			select {
			case <-s.stop:
				return
			case <-tick.C:
			}
		}
	})
	return nil
}

func (s *source) hand(ctx context.Context) {
	s.mu.Lock()
	full := len(s.busy) >= s.c.Workers
	s.mu.Unlock()
	if full {
		return
	}
	var open []store.Request
	if err := s.p.store.Do(ctx, "next", func(tx *store.Tx) (err error) {
		open, err = tx.Next(ctx, 0, s.c.Workers)
		return err
	}); err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range open {
		if len(s.busy) >= s.c.Workers {
			return
		}
		again := s.busy[r.ID] > 0 && s.busy[r.ID] < 2 && s.rng.IntN(50) == 0
		if s.busy[r.ID] > 0 && !again || time.Now().Before(s.not[r.ID]) {
			continue
		}
		s.busy[r.ID]++
		s.wg.Go(func() { s.work(ctx, r.ID) })
	}
}

func (s *source) work(ctx context.Context, id int64) {
	if s.p.w.wait(s.p, fmt.Sprintf("job %d", id)) == nil {
		_ = s.c.Work(ctx, queue.Job{RequestID: id, Complete: func(context.Context, *store.Tx) error { return nil }})
	}
	_ = s.p.w.wait(s.p, fmt.Sprintf("job %d ends", id))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.not[id] = time.Now().Add(2 * time.Second)
	if s.busy[id]--; s.busy[id] == 0 {
		delete(s.busy, id)
	}
}

// Stop implements line.Jobs.
func (s *source) Stop(context.Context) error {
	close(s.stop)
	s.wg.Wait()
	return nil
}
