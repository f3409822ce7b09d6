package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/pcscd"
)

// Bench is where blanks lie and where cards are put into readers. A chip that
// was inserted is spoken to through the seam of package apdu alone.
type Bench interface {
	// Name says what the bench is, for people.
	Name() string
	// Insert puts the chip into the reader, as a person does, and connects
	// to it. pull takes it out again.
	Insert(ctx context.Context, c *chip.Chip) (t apdu.Transmitter, reader string, pull func(), err error)
	// Close lets go of everything that was started.
	Close() error
}

// Names of the benches.
const (
	EmbeddedName    = "virtual chips in this process, no reader"
	RealReadersName = "virtual chips in the readers of a real pcscd"
)

// Embedded is a bench inside this process: no reader, nothing installed.
func Embedded() Bench { return embedded{} }

type embedded struct{}

func (embedded) Name() string { return EmbeddedName }

func (embedded) Insert(ctx context.Context, c *chip.Chip) (apdu.Transmitter, string, func(), error) {
	if _, err := c.Reset(ctx); err != nil {
		return nil, "", nil, err
	}
	return c, "in process", func() {}, nil
}

func (embedded) Close() error { return nil }

// readerWait is how long a card may take to be seen by pcscd, which looks for
// virtual cards every 0.4 s.
const readerWait = 20 * time.Second

// RealReaders is a bench behind a real pcscd: chips are served to its virtual
// readers and found through PC/SC. A pcscd of its own is started beside the
// machine's.
func RealReaders(ctx context.Context, readers int) (Bench, error) {
	d, err := pcscd.Start(ctx, pcscd.Options{Readers: readers})
	if err != nil {
		return nil, err
	}
	if err := d.Use(); err != nil {
		return nil, errors.Join(err, d.Stop())
	}
	r := &realReaders{d: d, free: make(chan *pcscd.Reader, readers)}
	for _, reader := range d.Readers() {
		r.free <- reader
	}
	return r, nil
}

// realReaders hands out its readers in turn: a virtual reader wants to be seen
// empty for a moment between two cards.
type realReaders struct {
	d    *pcscd.Daemon
	free chan *pcscd.Reader
}

func (*realReaders) Name() string { return RealReadersName }

func (r *realReaders) Insert(ctx context.Context, c *chip.Chip) (apdu.Transmitter, string, func(), error) {
	var reader *pcscd.Reader
	select {
	case reader = <-r.free:
	case <-ctx.Done():
		return nil, "", nil, ctx.Err()
	}
	release := func() {
		reader.Remove()
		r.free <- reader
	}
	if err := reader.Insert(c); err != nil {
		release()
		return nil, "", nil, fmt.Errorf("insert a card into %s: %w", reader.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, readerWait)
	defer cancel()
	card, err := pcsc.WaitForCard(ctx, reader.Name, pcsc.Options{})
	if err != nil {
		release()
		return nil, "", nil, err
	}
	return card, reader.Name, func() {
		_ = card.Close()
		release()
	}, nil
}

func (r *realReaders) Close() error { return r.d.Stop() }

// Foundry makes blank chips with the keys that a chip maker derives from its
// transport key.
type Foundry struct {
	transport mac.Key
	pool      *chip.Pool
}

// NewFoundry makes RSA keys ahead for n chips, as chips do not have to wait
// for one another in life.
func NewFoundry(transport mac.Key, n int) *Foundry {
	return &Foundry{transport: transport, pool: chip.NewPool(2048, min(n, 4))}
}

// Blank makes one.
func (f *Foundry) Blank() (*chip.Chip, error) {
	return chip.NewBlank(chip.Options{Master: f.transport, RSA: f.pool.Take})
}

// Close stops making keys.
func (f *Foundry) Close() { f.pool.Close() }
