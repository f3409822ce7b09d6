package printer

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

func init() {
	register("virtual", func(_ context.Context, rest string, _ Options) (Printer, error) {
		v := NewVirtual()
		for _, option := range strings.Split(rest, ",") {
			key, value, _ := strings.Cut(option, "=")
			switch key {
			case "":
			case "hopper":
				n, err := strconv.Atoi(value)
				if err != nil || n < 0 {
					return nil, fmt.Errorf("%w: hopper=N wants a number of blanks", ErrUnknownDriver)
				}
				v.Load(n)
			default:
				return nil, fmt.Errorf("%w: a virtual printer has the option hopper=N alone", ErrUnknownDriver)
			}
		}
		return v, nil
	})
}

// Op names an operation of a printer.
type Op string

// The operations.
const (
	OpFeed   Op = "feed"
	OpMove   Op = "move"
	OpPrint  Op = "print"
	OpFlip   Op = "flip"
	OpEject  Op = "eject"
	OpReject Op = "reject"
)

// Fault is what goes wrong in a Virtual printer.
type Fault struct {
	Op    Op
	After int   // so many operations of this kind go well before
	Err   error // what the printer answers, such as ErrJam
	// Late means that the operation did its work before the fault: printed is
	// printed, and Resume does not do it again.
	Late bool
}

// Virtual is an inline card printer that is not there: it has a hopper, a head,
// two chip stations and two bins, keeps no picture, and breaks down on demand.
// Its address is "virtual:", or "virtual:hopper=20" for twenty blanks; without
// that the hopper never empties.
type Virtual struct {
	machine
	hopper int // blanks left, below zero without end
	faults []Fault
	inside Printed
	good   []Printed
	bad    []Printed
}

// Printed is what happened to one card.
type Printed struct {
	// Front and Back say how often each side was printed.
	Front, Back int
	// Stations are those the card was carried to, in order.
	Stations []Station
}

// NewVirtual makes a printer with an endless hopper.
func NewVirtual() *Virtual { return &Virtual{hopper: -1} }

// Load puts n blanks into the hopper, which from then on can run empty.
func (v *Virtual) Load(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hopper = max(v.hopper, 0) + n
}

// Break arranges for a fault. Several can wait; each happens once.
func (v *Virtual) Break(f Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = append(v.faults, f)
}

// Bins are the cards delivered and the cards rejected so far, in order.
func (v *Virtual) Bins() (good, rejected []Printed) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Printed(nil), v.good...), append([]Printed(nil), v.bad...)
}

// act does an operation unless a fault waits for it. work is called with the lock
// held.
func (v *Virtual) act(op Op, work func() error) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) {
		v.mu.Lock()
		defer v.mu.Unlock()
		for i := range v.faults {
			f := &v.faults[i]
			if f.Op != op {
				continue
			}
			if f.After > 0 {
				f.After--
				continue
			}
			err, late := f.Err, f.Late
			v.faults = append(v.faults[:i], v.faults[i+1:]...)
			if !late {
				return false, err
			}
			if werr := work(); werr != nil {
				return false, werr
			}
			return true, err
		}
		err := work()
		return err == nil, err
	}
}

func nothing() error { return nil }

// Name is "virtual".
func (v *Virtual) Name() string { return "virtual" }

// Status implements Printer.
func (v *Virtual) Status(context.Context) (Status, error) { return v.status() }

// Feed implements Printer.
func (v *Virtual) Feed(ctx context.Context) error {
	return v.run(ctx, v.withoutCard, operation{"feed", v.act(OpFeed, func() error {
		if v.hopper == 0 {
			return ErrNoCards
		}
		return nil
	}), func() {
		if v.hopper > 0 {
			v.hopper--
		}
		v.inside = Printed{}
		v.fed()
	}})
}

// MoveTo implements Printer.
func (v *Virtual) MoveTo(ctx context.Context, s Station) error {
	return v.run(ctx, func() error {
		if s != StationHead && s != StationContact && s != StationContactless {
			return ErrStation
		}
		return v.withCard()
	}, operation{"move", v.act(OpMove, nothing), func() {
		v.inside.Stations = append(v.inside.Stations, s)
		v.moved(s)
	}})
}

// Print implements Printer.
func (v *Virtual) Print(ctx context.Context, f Face) error {
	return v.run(ctx, func() error {
		if err := v.withCard(); err != nil {
			return err
		}
		if err := f.check(); err != nil {
			return err
		}
		if f.Side != v.side {
			return ErrSide
		}
		return nil
	}, operation{"print", v.act(OpPrint, nothing), func() {
		if f.Side == Front {
			v.inside.Front++
		} else {
			v.inside.Back++
		}
		v.moved(StationHead)
	}})
}

// Flip implements Printer.
func (v *Virtual) Flip(ctx context.Context) error {
	return v.run(ctx, v.withCard, operation{"flip", v.act(OpFlip, nothing), v.flipped})
}

// Eject implements Printer.
func (v *Virtual) Eject(ctx context.Context) error {
	return v.run(ctx, v.withCard, operation{"eject", v.act(OpEject, nothing), func() {
		v.good = append(v.good, v.inside)
		v.gone(&v.ejected)
	}})
}

// Reject implements Printer.
func (v *Virtual) Reject(ctx context.Context) error {
	return v.run(ctx, v.withAnyCard, operation{"reject", v.act(OpReject, nothing), func() {
		v.bad = append(v.bad, v.inside)
		v.gone(&v.rejected)
	}})
}

// Resume implements Printer.
func (v *Virtual) Resume(ctx context.Context) error { return v.resume(ctx) }

// Cancel implements Printer.
func (v *Virtual) Cancel(ctx context.Context) error { return v.cancel(ctx) }

// Close implements Printer.
func (v *Virtual) Close() error { return v.shut() }

// Capabilities implements Capable: a virtual printer can do everything.
func (v *Virtual) Capabilities(context.Context) (Capabilities, error) {
	return Capabilities{Stations: []Station{StationContact, StationContactless}, Flip: true, Colour: true, Black: true, UV: true}, nil
}
