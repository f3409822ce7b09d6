package main

import (
	"context"
	"runtime"
	"time"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// machine is a printer with an encoder whose moves take modelled time, and the chip of
// the card inside.
type machine struct {
	*printer.Virtual
	w    *world
	m    *meter
	rand func() float64 // luck of its chips
	card *chip.Chip

	moved     time.Duration // modelled time of the mechanics
	encoded   time.Duration // modelled time of link and chip
	link, sil time.Duration // of which on the air, in the chip
	chipCPU   time.Duration // real time of the virtual chips
	exchanges int
	cards     int

	begun, ended time.Time // of the first card, of the last
}

func (x *machine) act(d time.Duration, op func() error) error {
	x.m.charge()
	if err := op(); err != nil {
		return err
	}
	time.Sleep(d)
	x.moved += d
	return nil
}

func (x *machine) Feed(ctx context.Context) error {
	return x.act(printerModel.feed, func() error {
		if err := x.Virtual.Feed(ctx); err != nil {
			return err
		}
		var err error
		x.card, err = x.w.blank(x.rand)
		// A blank that is made takes no time of the line.
		x.m.mark = cpuOf(x.m.thread)
		return err
	})
}

func (x *machine) MoveTo(ctx context.Context, s printer.Station) error {
	return x.act(printerModel.move, func() error { return x.Virtual.MoveTo(ctx, s) })
}

func (x *machine) Print(ctx context.Context, f printer.Face) error {
	d := printerModel.front
	if f.Side == printer.Back {
		d = printerModel.back
	}
	return x.act(d, func() error { return x.Virtual.Print(ctx, f) })
}

func (x *machine) Flip(ctx context.Context) error {
	return x.act(printerModel.flip, func() error { return x.Virtual.Flip(ctx) })
}

func (x *machine) Eject(ctx context.Context) error {
	return x.act(printerModel.eject, func() error { return x.Virtual.Eject(ctx) })
}

func (x *machine) Reject(ctx context.Context) error {
	return x.act(printerModel.eject, func() error { return x.Virtual.Reject(ctx) })
}

// Connect implements station.Encoder.
func (x *machine) Connect(ctx context.Context) (station.Chip, error) {
	if x.card == nil {
		return nil, station.ErrEmpty
	}
	f := &field{Chip: x.card, x: x}
	_, err := f.Reset(ctx)
	return f, err
}

// field is the chip in the encoder's field. What it does is not the host's.
type field struct {
	*chip.Chip
	x *machine
}

func (f *field) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	f.x.exchanges++
	return f.apart(func() ([]byte, error) { return f.Chip.Transmit(ctx, command) })
}

func (f *field) Reset(ctx context.Context) ([]byte, error) {
	return f.apart(func() ([]byte, error) { return f.Chip.Reset(ctx) })
}

func (f *field) Close() error { return nil }

// apart does the chip's part: the host is charged up to here, and real time that the
// virtual chip takes counts for nobody. The inspection calls from a goroutine of its
// own while the station's waits.
func (f *field) apart(do func() ([]byte, error)) ([]byte, error) {
	x := f.x
	x.m.charge()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := threadID()
	cpu, began, before := cpuOf(thread), time.Now(), f.Spent()
	answer, err := do()
	after := f.Spent()
	x.chipCPU += cpuOf(thread) - cpu
	x.encoded += time.Since(began)
	x.link += after.Link - before.Link
	x.sil += after.Chip - before.Chip
	x.m.mark = cpuOf(x.m.thread)
	return answer, err
}
