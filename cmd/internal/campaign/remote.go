package campaign

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

// Floor serves the machines of a world to processes that may be killed: they are
// the hardware, and go on lying there.
type Floor struct {
	mu       sync.Mutex
	machines []*Machine
	// Moved, if set, is told every movement before it is carried out.
	Moved func(what string)
}

// Serve answers on a socket until it is closed.
func (w *World) Serve(l net.Listener, moved func(string)) {
	f := &Floor{machines: w.Machines, Moved: moved}
	s := rpc.NewServer()
	if err := s.RegisterName("Floor", f); err != nil {
		panic(err) // the methods below are what net/rpc wants
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.ServeConn(c)
	}
}

// Call is one movement or exchange at a machine.
type Call struct {
	Machine int
	Op      string
	Side    printer.Side
	Station printer.Station
	Data    []byte
}

// Reply is what came of it.
type Reply struct {
	Data   []byte
	Status printer.Status
	Fault  string
	Err    string
}

// Do does what a call wants. An error of the machine travels in the reply.
func (f *Floor) Do(c Call, r *Reply) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.Machine < 0 || c.Machine >= len(f.machines) {
		return fmt.Errorf("no machine %d", c.Machine)
	}
	if f.Moved != nil {
		f.Moved(c.Op)
	}
	m, ctx := f.machines[c.Machine], context.Background()
	ops := map[string]func(context.Context) error{
		"feed": m.Feed, "flip": m.Flip, "eject": m.Eject, "reject": m.Reject, "resume": m.Resume, "cancel": m.Cancel,
		"move":    func(ctx context.Context) error { return m.MoveTo(ctx, c.Station) },
		"print":   func(ctx context.Context) error { return m.Print(ctx, plainFace(c.Side)) },
		"connect": func(ctx context.Context) error { _, err := m.Connect(ctx); return err },
		"status": func(ctx context.Context) (err error) {
			r.Status, err = m.Status(ctx)
			if r.Status.Fault != nil {
				r.Fault = r.Status.Fault.Error()
			}
			r.Status.Fault = nil
			return err
		},
		"transmit": func(ctx context.Context) (err error) {
			if m.inside == nil {
				return apdu.ErrCardGone
			}
			r.Data, err = m.inside.Chip.Transmit(ctx, c.Data)
			return err
		},
	}
	op, ok := ops[c.Op]
	if !ok {
		return fmt.Errorf("no movement %q", c.Op)
	}
	if err := op(ctx); err != nil {
		r.Err = err.Error()
	}
	return nil
}

// Remote is a machine on the floor, from a process of its own. It is a
// printer.Printer and a station.Encoder.
type Remote struct {
	client *rpc.Client
	n      int
}

// Dial reaches machine n of the floor behind the socket.
func Dial(socket string, n int) (*Remote, error) {
	c, err := rpc.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	return &Remote{c, n}, nil
}

// known are the errors that keep their identity on the way.
var known = []error{
	printer.ErrOffline, printer.ErrJam, printer.ErrRibbon, printer.ErrCover, printer.ErrNoCards, printer.ErrBinFull, printer.ErrNoCard,
	printer.ErrCardInside, printer.ErrSide, printer.ErrStation, printer.ErrSuspended, printer.ErrNotSuspended, printer.ErrCancelled,
	apdu.ErrCardGone, station.ErrEmpty,
}

func knownError(text string) error {
	if text == "" {
		return nil
	}
	for _, k := range known {
		if k.Error() == text {
			return k
		}
	}
	return errors.New(text)
}

func (r *Remote) do(ctx context.Context, c Call) (Reply, error) {
	var reply Reply
	if err := ctx.Err(); err != nil {
		return reply, err
	}
	c.Machine = r.n
	if err := r.client.Call("Floor.Do", c, &reply); err != nil {
		return reply, err
	}
	return reply, knownError(reply.Err)
}

func (r *Remote) op(ctx context.Context, name string) error {
	_, err := r.do(ctx, Call{Op: name})
	return err
}

// Name implements printer.Printer.
func (r *Remote) Name() string { return fmt.Sprintf("machine %d", r.n) }

// Status implements printer.Printer.
func (r *Remote) Status(ctx context.Context) (printer.Status, error) {
	reply, err := r.do(ctx, Call{Op: "status"})
	reply.Status.Fault = knownError(reply.Fault)
	return reply.Status, err
}

// Feed implements printer.Printer.
func (r *Remote) Feed(ctx context.Context) error { return r.op(ctx, "feed") }

// MoveTo implements printer.Printer.
func (r *Remote) MoveTo(ctx context.Context, s printer.Station) error {
	_, err := r.do(ctx, Call{Op: "move", Station: s})
	return err
}

// Print implements printer.Printer.
func (r *Remote) Print(ctx context.Context, f printer.Face) error {
	_, err := r.do(ctx, Call{Op: "print", Side: f.Side})
	return err
}

// Flip implements printer.Printer.
func (r *Remote) Flip(ctx context.Context) error { return r.op(ctx, "flip") }

// Eject implements printer.Printer.
func (r *Remote) Eject(ctx context.Context) error { return r.op(ctx, "eject") }

// Reject implements printer.Printer.
func (r *Remote) Reject(ctx context.Context) error { return r.op(ctx, "reject") }

// Resume implements printer.Printer.
func (r *Remote) Resume(ctx context.Context) error { return r.op(ctx, "resume") }

// Cancel implements printer.Printer.
func (r *Remote) Cancel(ctx context.Context) error { return r.op(ctx, "cancel") }

// Close implements printer.Printer.
func (r *Remote) Close() error { return r.client.Close() }

// Connect implements station.Encoder.
func (r *Remote) Connect(ctx context.Context) (station.Chip, error) {
	if err := r.op(ctx, "connect"); err != nil {
		return nil, err
	}
	return remoteChip{r}, nil
}

type remoteChip struct{ r *Remote }

func (c remoteChip) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	reply, err := c.r.do(ctx, Call{Op: "transmit", Data: command})
	return reply.Data, err
}

func (remoteChip) ATR() []byte      { return nil }
func (remoteChip) MaxCommand() int  { return 2048 }
func (remoteChip) MaxResponse() int { return 2048 }
func (remoteChip) Close() error     { return nil }
