package main

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/people"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// world is what all runs share, because it takes long to make: an authority, people
// and their pictures, the keys that chips would make.
type world struct {
	profile   *cardprofile.Profile
	driver    applet.Driver
	ring      hsm.Keyring
	issuer    *sample.Issuer
	trust     *pki.Store
	transport mac.Key
	records   []citizen.Record
	portraits [][]byte
	faces     *face.Renderer
	batch     *seal.Batch
	pool      []*rsa.PrivateKey
	next      atomic.Int64
}

// rsaKeys is how many keys the pool has. Chips of a run share them: what a key costs
// to use does not depend on which it is.
const rsaKeys = 3

const batchName = "bench"

func newWorld(ctx context.Context, profile string) (*world, error) {
	w := &world{transport: mac.NewKey(bytes.Repeat([]byte{0x5A}, 16))}
	var err error
	if w.profile, err = cardprofile.Load(profile); err != nil {
		return nil, err
	}
	if w.driver, err = applet.ByName(w.profile.Chip.Driver); err != nil {
		return nil, err
	}
	if w.ring, err = soft.Open(ctx, soft.Config{}, soft.Embedded(io.Discard)); err != nil {
		return nil, err
	}
	if w.issuer, err = sample.NewIssuer(ctx, w.ring, w.profile, w.transport, time.Now()); err != nil {
		return nil, err
	}
	w.issuer.Keyring = ring{w.ring}
	if w.trust, err = w.issuer.Trust(); err != nil {
		return nil, err
	}
	key, err := w.ring.GenerateSecret(ctx, hsm.SecretSpec{Label: "bench-seal", Use: hsm.UseSeal, Bits: 256})
	if err != nil {
		return nil, err
	}
	if w.batch, _, err = seal.NewBatch(ctx, w.ring, key, batchName); err != nil {
		return nil, err
	}
	if w.faces, err = face.New(w.profile, face.DefaultDPI); err != nil {
		return nil, err
	}
	if bits := w.profile.ActiveAuth; bits != nil && bits.Bits > 0 {
		for range rsaKeys {
			k, err := chip.GenerateRSA(bits.Bits)
			if err != nil {
				return nil, err
			}
			w.pool = append(w.pool, k)
		}
	}
	return w, w.people()
}

// people are those of the synthetic batch of whom a card can be made.
func (w *world) people() error {
	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		return err
	}
	portraits := citizen.PortraitsIn(people.FS())
	for _, r := range batch.Accepted {
		portrait, err := portraits.Load(r)
		if err != nil {
			continue // the record that is wrong on purpose
		}
		if _, err := issue.NewPlan(w.profile, r, portrait); err != nil {
			continue
		}
		w.records, w.portraits = append(w.records, r), append(w.portraits, portrait)
	}
	if len(w.records) == 0 {
		return errors.New("no card can be made of anybody")
	}
	return nil
}

func (w *world) Close() error { return w.ring.Close() }

// key is an RSASource: the next of the pool.
func (w *world) key(bits int) (*rsa.PrivateKey, error) {
	k := w.pool[int(w.next.Add(1))%len(w.pool)]
	if k.N.BitLen() != bits {
		return nil, errors.New("the pool has no such key")
	}
	return k, nil
}

// blank is a chip on a link of 848 kbit/s that takes the time such chips take.
func (w *world) blank(luck func() float64) (*chip.Chip, error) {
	timing := chip.CardTiming
	timing.Draw = luck
	return chip.NewBlank(chip.Options{Master: w.transport, RSA: w.key, RetryDelay: -1, Link: chip.Link{Rate: 848}, Timing: timing})
}

// fill makes a batch of n sealed requests with blanks in stock.
func (w *world) fill(ctx context.Context, s *store.Store, n int, enqueue func(context.Context, *store.Tx, []store.Request) error) (store.Batch, error) {
	var b store.Batch
	err := s.Do(ctx, "fill", func(tx *store.Tx) (err error) {
		if b, err = tx.NewBatch(ctx, store.Batch{Name: batchName, Profile: w.profile.ID}); err != nil {
			return err
		}
		var all []store.Request
		for i := range n {
			d := sha256.Sum256(fmt.Appendf(nil, "%d", i))
			who := i % len(w.records)
			sealed, err := w.batch.Seal(seal.Binding{Line: i + 1, Number: d[:]}, w.records[who], w.portraits[who])
			if err != nil {
				return err
			}
			r, err := tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 1, NumberDigest: d[:], Sealed: sealed})
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		if err := tx.Receive(ctx, b.ID, int64(2*n), "bench", "bench"); err != nil {
			return err
		}
		return enqueue(ctx, tx, all)
	})
	return b, err
}

// work prepares a request: the record is opened, the plan made, both faces drawn.
func (w *world) work(r store.Request) (*station.Work, error) {
	record, portrait, err := w.batch.Open(seal.Binding{Line: r.Line, Number: r.NumberDigest}, r.Sealed)
	if err != nil {
		return nil, err
	}
	plan, err := issue.NewPlan(w.profile, record, portrait)
	if err != nil {
		return nil, err
	}
	data, err := face.Of(w.profile, record, portrait)
	if err != nil {
		return nil, err
	}
	if data.Fields["can"] == "" {
		data.Fields["can"] = string(plan.CAN.Bytes())
	}
	drawn, err := w.faces.Render(data)
	if err != nil {
		return nil, err
	}
	return &station.Work{Request: r, Plan: plan, Front: drawn.Face(printer.Front), Back: drawn.Face(printer.Back)}, nil
}
