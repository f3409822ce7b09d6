package campaign

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/people"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// Office is what all worlds of a campaign share, because it takes long to make:
// an authority, plans of cards, keys that chips would make.
type Office struct {
	Issuer    *sample.Issuer
	Trust     *pki.Store
	Plans     []*issue.Plan
	Driver    applet.Driver
	transport mac.Key
	ring      io.Closer
	rsa       map[int]*rsa.PrivateKey
	mu        sync.Mutex
}

// NewOffice makes one. Its small portraits make cards that are quick to write.
func NewOffice(ctx context.Context, profile string) (*Office, error) {
	return newOffice(ctx, profile, "")
}

// OpenOffice is an office whose keys lie in a folder, made there by the first
// process that opens it.
func OpenOffice(ctx context.Context, profile, dir string) (*Office, error) {
	return newOffice(ctx, profile, dir)
}

func newOffice(ctx context.Context, profile, dir string) (*Office, error) {
	p, err := cardprofile.Load(profile)
	if err != nil {
		return nil, err
	}
	driver, err := applet.ByName(p.Chip.Driver)
	if err != nil {
		return nil, err
	}
	ring, err := soft.Open(ctx, soft.Config{Dir: dir, Create: dir != ""}, soft.Embedded(io.Discard))
	if err != nil {
		return nil, err
	}
	o := &Office{Driver: driver, ring: ring, transport: mac.NewKey(bytes.Repeat([]byte{0x5A}, 16)), rsa: map[int]*rsa.PrivateKey{}}
	if o.Issuer, err = issuerOf(ctx, ring, p, o.transport); err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	if o.Trust, err = o.Issuer.Trust(); err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	portraits := citizen.PortraitsIn(people.FS())
	var portrait bytes.Buffer
	if err := jpeg.Encode(&portrait, image.NewGray(image.Rect(0, 0, 48, 64)), nil); err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	for _, r := range rule.NewChecker(p, cardprofile.DateOf(time.Now())).Apply(batch, portraits) {
		plan, err := issue.NewPlan(p, r.Record, portrait.Bytes())
		if err != nil {
			return nil, errors.Join(err, ring.Close())
		}
		o.Plans = append(o.Plans, plan)
	}
	return o, nil
}

// issuerOf is the authority whose keys lie in the keyring, made if there is none.
func issuerOf(ctx context.Context, ring hsm.Keyring, p *cardprofile.Profile, transport mac.Key) (*sample.Issuer, error) {
	list, err := ring.List(ctx)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return sample.NewIssuer(ctx, ring, p, transport, time.Now())
	}
	is := &sample.Issuer{Authority: issue.Authority{Keyring: ring}}
	for _, k := range list {
		switch k.Label {
		case sample.LabelDS:
			is.Signer = k.Ref
		case sample.LabelTransport:
			is.Transport = k.Ref
		case sample.LabelMaster:
			is.Master = k.Ref
		case sample.LabelCSCA:
			der, err := ring.Certificate(ctx, k.Ref)
			if err != nil {
				return nil, err
			}
			if is.CSCA, err = pki.ParseCertificate(der); err != nil {
				return nil, err
			}
		}
	}
	der, err := ring.Certificate(ctx, is.Signer)
	if err != nil {
		return nil, err
	}
	is.Certificate, err = pki.ParseCertificate(der)
	return is, err
}

// Close lets go of the keyring.
func (o *Office) Close() error { return o.ring.Close() }

// key is the RSA key that every chip of a campaign makes: what is proven here
// does not depend on it, and making one takes a hundred cards' time.
func (o *Office) key(bits int) (*rsa.PrivateKey, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if k := o.rsa[bits]; k != nil {
		return k, nil
	}
	k, err := chip.GenerateRSA(bits)
	o.rsa[bits] = k
	return k, err
}

// World is the hardware of one line, and how it goes wrong.
type World struct {
	*Office
	Store    *store.Store
	Machines []*Machine
	Chips    []*chip.Chip // every one that ever left the hopper
	// Serial, if set, is the serial number of every blank: a supplier's clones.
	Serial []byte
	// ManifestRequired is that of the stations.
	ManifestRequired bool
	// Kill is the moment at which the process dies, counted from 1; 0: never.
	Kill   int
	Moment int // that the world is at
	Where  string
	mu     sync.Mutex // guards what follows, Chips and Moment
	dead   bool
	now    time.Time
	Real   bool // the clock is the machine's: processes share it
	db     string
}

// NewWorld makes one with its store in a file, or in memory if db is empty.
func (o *Office) NewWorld(ctx context.Context, db string) (*World, error) {
	// The day begins an hour after the authority's certificates do, on whatever date that is.
	w := &World{Office: o, now: o.Issuer.Certificate.NotBefore.Add(time.Hour), db: db}
	if w.db == "" {
		w.db = ":memory:"
	}
	s, err := store.Open(ctx, w.db, store.Options{
		Clock:  w.clock,
		Before: func(what string) error { return w.tick("store " + what) },
		After:  func(what string) error { return w.tick("stored " + what) },
	})
	if err != nil {
		return nil, err
	}
	w.Store = s
	return w, nil
}

// Close lets go of the store.
func (w *World) Close() error { return w.Store.Close() }

func (w *World) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Real {
		return time.Now()
	}
	w.now = w.now.Add(time.Millisecond)
	return w.now
}

// tick is a moment at which the process may die. The dead do nothing more.
func (w *World) tick(where string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return station.ErrDied
	}
	w.Moment++
	if w.Moment == w.Kill {
		w.dead, w.Where = true, where
		return station.ErrDied
	}
	return nil
}

// Restart begins another life of the process.
func (w *World) Restart() { w.dead = false }

func (w *World) blank() *chip.Chip {
	c, err := chip.NewBlank(chip.Options{Master: w.transport, RSA: w.key, RetryDelay: -1, Serial: w.Serial})
	if err != nil {
		panic(err) // a virtual chip in memory cannot fail to be made
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Chips = append(w.Chips, c)
	return c
}

// NewStation is a station at a machine, as a process that starts makes it.
func (w *World) NewStation(name string, m *Machine) *station.Station {
	return &station.Station{
		Name: name, Store: w.Store, Blanks: "blanks", ManifestRequired: w.ManifestRequired, Issuer: &w.Issuer.Authority,
		Encoder: m, Driver: w.Driver, Printer: m, Chip: printer.StationContactless, Checker: checker{w}, Operator: patient{},
	}
}

// Work prepares a request.
func (w *World) Work(_ context.Context, r store.Request) (*station.Work, error) {
	return &station.Work{Request: r, Plan: w.Plans[(r.Line-1)%len(w.Plans)], Front: plainFace(printer.Front), Back: plainFace(printer.Back)}, nil
}

// patient puts everything right.
type patient struct{}

func (patient) Halted(context.Context, *station.Station, store.Card, error) (station.Decision, error) {
	return station.Resume, nil
}

// checker is the checkpoint's own inspection.
type checker struct{ w *World }

func (c checker) Check(ctx context.Context, t apdu.Transmitter, w *station.Work, _ *issue.Card) (station.Quality, error) {
	access, err := inspect.ByCAN(string(w.Plan.CAN.Bytes()))
	if err != nil {
		return station.Quality{}, err
	}
	v, err := inspect.Inspect(ctx, t, access, c.w.Trust, inspect.Options{Profile: w.Plan.Profile})
	if err != nil {
		return station.Quality{}, err
	}
	d := sha256.Sum256([]byte(v.Outcome))
	q := station.Quality{Digest: d[:]}
	if v.Outcome != inspect.ResultPassed {
		q.Problem = string(v.Outcome)
	}
	return q, nil
}

// Fill makes a batch of n requests with as many blanks in stock as may be drawn.
func (w *World) Fill(ctx context.Context, n int) error {
	return w.Store.Do(ctx, "fill", func(tx *store.Tx) error {
		b, err := tx.NewBatch(ctx, store.Batch{Name: "campaign", Profile: w.Plans[0].Profile.ID})
		if err != nil {
			return err
		}
		for i := range n {
			d := sha256.Sum256(fmt.Appendf(nil, "%d", i))
			if _, err := tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 1, NumberDigest: d[:]}); err != nil {
				return err
			}
		}
		return tx.Receive(ctx, b.ID, int64(10*n), "campaign", "campaign")
	})
}

// Live is one life of the process: it recovers and then makes cards until
// nothing is open or it dies.
func (w *World) Live(ctx context.Context, m *Machine) error {
	s := w.NewStation("S1", m)
	if err := s.Recover(ctx, w.Work); err != nil {
		return err
	}
	for {
		var next []store.Request
		if err := w.Store.Do(ctx, "next", func(tx *store.Tx) (err error) {
			next, err = tx.Next(ctx, 0, 1)
			return err
		}); err != nil || len(next) == 0 {
			return err
		}
		work, err := w.Work(ctx, next[0])
		if err != nil {
			return err
		}
		if _, err := s.Make(ctx, work); err != nil {
			return err
		}
	}
}

// Sweep is what two people do in the end: they look into the locked bins and
// confirm every reject that lies there.
func (w *World) Sweep(ctx context.Context) error {
	return w.Store.Do(ctx, "sweep", func(tx *store.Tx) error {
		list, err := tx.Cards(ctx, store.Filter{State: card.RejectPending})
		if err != nil {
			return err
		}
		for _, c := range list {
			if !w.lies(c.Serial) {
				continue
			}
			if _, err := tx.Advance(ctx, c, card.RejectConfirmed, store.Mark{Reason: "seen in the locked bin", By: "two people"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// lies reports whether a chip lies in a locked bin. A reject whose chip nobody
// ever read is any unknown one there.
func (w *World) lies(serial string) bool {
	for _, m := range w.Machines {
		for _, p := range m.Locked {
			if serial == "" || fmt.Sprintf("%X", p.Chip.Serial()) == serial {
				return true
			}
		}
	}
	return false
}
