package prepare

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// ErrProfile: a request's batch wants cards of a profile that this line cannot make.
var ErrProfile = errors.New("prepare: this line does not make cards of that profile")

// Preparer prepares requests. Its fields are set before the first call; Work may be
// called from many goroutines at once.
type Preparer struct {
	Store *store.Store
	Keys  seal.Keys
	// Seal is the token key that wraps the data keys of batches.
	Seal hsm.KeyRef
	// Driver is the chip operating system of this line's blanks; "" makes any
	// profile's.
	Driver string
	// DPI of the faces; 0 is face.DefaultDPI. Faces false leaves them out, for a line
	// without printer.
	DPI   int
	Faces bool

	mu      sync.Mutex
	batches map[int64]*batch
}

// batch is what the requests of a batch share.
type batch struct {
	once    sync.Once
	err     error
	data    *seal.Batch
	profile *cardprofile.Profile
	faces   *face.Renderer
}

// Work prepares a request.
func (p *Preparer) Work(ctx context.Context, r store.Request) (*station.Work, error) {
	b, err := p.batch(ctx, r.BatchID)
	if err != nil {
		return nil, err
	}
	record, portrait, err := b.data.Open(seal.Binding{Line: r.Line, Number: r.NumberDigest}, r.Sealed)
	if err != nil {
		return nil, err
	}
	plan, err := issue.NewPlan(b.profile, record, portrait)
	if err != nil {
		return nil, err
	}
	w := &station.Work{Request: r, Plan: plan}
	if b.faces == nil {
		return w, nil
	}
	data, err := face.Of(b.profile, record, portrait)
	if err != nil {
		return nil, err
	}
	faces, err := b.faces.Render(data)
	if err != nil {
		return nil, err
	}
	w.Front, w.Back = faces.Face(printer.Front), faces.Face(printer.Back)
	return w, nil
}

// batch opens what a batch shares, once; what failed is tried again by the next
// request.
func (p *Preparer) batch(ctx context.Context, id int64) (*batch, error) {
	p.mu.Lock()
	if p.batches == nil {
		p.batches = map[int64]*batch{}
	}
	b := p.batches[id]
	if b == nil {
		b = &batch{}
		p.batches[id] = b
	}
	p.mu.Unlock()
	b.once.Do(func() { b.err = p.open(ctx, id, b) })
	if b.err == nil {
		return b, nil
	}
	p.mu.Lock()
	if p.batches[id] == b {
		delete(p.batches, id)
	}
	p.mu.Unlock()
	return nil, b.err
}

func (p *Preparer) open(ctx context.Context, id int64, b *batch) error {
	var kept store.Batch
	if err := p.Store.Do(ctx, "prepare batch", func(tx *store.Tx) (err error) {
		kept, err = tx.BatchByID(ctx, id)
		return err
	}); err != nil {
		return err
	}
	profile, err := cardprofile.Load(kept.Profile)
	if err != nil {
		return fmt.Errorf("%w: batch %s: %w", ErrProfile, kept.Name, err)
	}
	if p.Driver != "" && profile.Chip.Driver != p.Driver {
		return fmt.Errorf("%w: batch %s wants %s chips, the blanks here are %s", ErrProfile, kept.Name, profile.Chip.Driver, p.Driver)
	}
	if p.Faces {
		dpi := p.DPI
		if dpi == 0 {
			dpi = face.DefaultDPI
		}
		if b.faces, err = face.New(profile, dpi); err != nil {
			return err
		}
	}
	if b.data, err = seal.OpenBatch(ctx, p.Keys, p.Seal, kept.Name, kept.SealedKey); err != nil {
		return err
	}
	b.profile = profile
	return nil
}

// Close forgets the data keys. No call of Work may be under way.
func (p *Preparer) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.batches {
		if b.data != nil {
			b.data.Close()
		}
	}
	p.batches = nil
}
