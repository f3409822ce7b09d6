package printer

import (
	"context"
	"slices"
)

// Capabilities is what a printer can do. A caller asks before a batch, not in
// the middle of a card.
type Capabilities struct {
	// Stations are the chip stations that MoveTo reaches. A printer that carries
	// no card to an encoder has none: MoveTo answers ErrStation.
	Stations []Station `json:"-"`
	// Flip: the card can be turned over; otherwise Flip answers ErrFlip.
	Flip bool `json:"flip"`
	// Colour, Black and UV are the layers that can be printed. A printer without
	// a panel for black that prints it as a colour of its own counts as having it.
	Colour bool `json:"colour"`
	Black  bool `json:"black"`
	UV     bool `json:"uv"`
	// DPI are the resolutions, dots per 25.4 mm; empty means any.
	DPI []int `json:"dpi,omitempty"`
	// Together: both sides are printed in one pass. The first side waits until
	// the second one, or the delivery, begins.
	Together bool `json:"together"`
	// Hands are the operations that a person carries out.
	Hands []Op `json:"hands,omitempty"`
	// Remembers: after a restart the driver still knows of a card that was
	// inside, or the printer of its jobs (see Memory).
	Remembers bool `json:"remembers"`
}

// Capable is a printer that says what it can do. All drivers of this package do.
type Capable interface {
	Capabilities(ctx context.Context) (Capabilities, error)
}

// CapabilitiesOf asks a printer. One that does not say is taken to be an inline
// printer that can do everything but UV.
func CapabilitiesOf(ctx context.Context, p Printer) (Capabilities, error) {
	if c, ok := p.(Capable); ok {
		return c.Capabilities(ctx)
	}
	return Capabilities{Stations: []Station{StationContact, StationContactless}, Flip: true, Colour: true, Black: true}, nil
}

// Reaches reports whether the printer carries a card to a chip station.
func (c Capabilities) Reaches(s Station) bool { return slices.Contains(c.Stations, s) }

// Fits says why a face cannot be printed: ErrFace, ErrLayer or ErrDPI.
func (c Capabilities) Fits(f Face) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Colour != nil && !c.Colour || f.Black != nil && !c.Black || f.UV != nil && !c.UV {
		return ErrLayer
	}
	if len(c.DPI) > 0 && !slices.Contains(c.DPI, f.DPI) {
		return ErrDPI
	}
	return nil
}

// Validator is a printer that can be asked whether it would take the faces of one
// card; nothing is printed.
type Validator interface {
	Validate(ctx context.Context, faces ...Face) error
}

// Trace is what a printer knows of the jobs of a card.
type Trace int

// Traces.
const (
	TraceUnknown Trace = iota // the printer does not tell, or has forgotten: anything may have been printed
	TraceNone                 // the printer keeps its jobs, and has none of this card
	TraceWaiting              // a job waits or is at work
	TraceDone                 // a job was completed: the card is printed as far as the printer knows
	TraceEnded                // a job was aborted or cancelled: the card may be printed in part
)

var traceNames = [...]string{"unknown", "none", "waiting", "done", "ended"}

func (t Trace) String() string {
	if t < 0 || int(t) >= len(traceNames) {
		return "unknown"
	}
	return traceNames[t]
}

// Memory is a printer that can be asked, after a crash, what it knows of a
// card's jobs. What is made of the answer is the station's decision: no trace
// is a leave to print again.
type Memory interface {
	Trace(ctx context.Context, card int64) (Trace, error)
}
