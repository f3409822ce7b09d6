package printer

import (
	"context"
	"image"
)

// Printer is one card printer. A card travels feed → station and print, in any
// order and number → eject or reject. Calls come from one goroutine at a time,
// except Status and Cancel, which may come from any.
//
// An error that is one of this package's faults (ErrJam, ErrRibbon, …) leaves
// the printer suspended with the operation pending: Resume carries it out once
// the operator has put things right, Cancel gives it up. Until one of the two,
// every other operation answers ErrSuspended. A fault is never followed by a
// silent second try: what was printed on a card stays printed. ErrLost and
// ErrAborted suspend nothing: that print is over, nobody can tell how, and the
// card can only be rejected.
//
// What a printer cannot do, its Capabilities say.
type Printer interface {
	// Name identifies the printer to people: its driver and what it writes to.
	Name() string
	// Status says where the printer is, without moving anything.
	Status(ctx context.Context) (Status, error)
	// Feed takes a blank from the hopper, front side towards the print head.
	Feed(ctx context.Context) error
	// MoveTo carries the card to a chip station, where the encoder's own PC/SC
	// reader finds it.
	MoveTo(ctx context.Context, s Station) error
	// Print prints the layers of one face on the side at the head. A face for
	// the other side is ErrSide, and nothing is printed.
	Print(ctx context.Context, f Face) error
	// Flip turns the card over.
	Flip(ctx context.Context) error
	// Eject delivers the card to the good bin.
	Eject(ctx context.Context) error
	// Reject delivers the card to the locked bin.
	Reject(ctx context.Context) error
	// Resume carries out the operation that a fault suspended.
	Resume(ctx context.Context) error
	// Cancel gives up the operation that a fault suspended. The card stays in
	// the printer, and can then only be rejected.
	Cancel(ctx context.Context) error
	// Close lets the printer go. A card still inside is an error, ErrCardInside,
	// and stays where it is.
	Close() error
}

// Station is a place on the card's way.
type Station int

// Stations.
const (
	StationNone        Station = iota // no card in the printer
	StationHead                       // under the print head
	StationContact                    // at the contact encoder
	StationContactless                // on the contactless encoder's antenna
)

func (s Station) String() string {
	switch s {
	case StationNone:
		return "none"
	case StationHead:
		return "head"
	case StationContact:
		return "contact"
	case StationContactless:
		return "contactless"
	}
	return "unknown"
}

// Side is a side of the card.
type Side int

// Sides.
const (
	Front Side = iota
	Back
)

func (s Side) String() string {
	if s == Back {
		return "back"
	}
	return "front"
}

// Face is what goes onto one side. Layers are images of equal size, drivers
// decide what they make of them; a nil layer is not printed, and a layer the
// printer has no panel for is ErrLayer.
type Face struct {
	Side Side
	DPI  int
	// Card is the card's number in the line's store, 0 if it has none. A printer
	// with a queue names its jobs by it, so that they can be found after a crash.
	Card int64
	// Colour is printed with the colour panels.
	Colour image.Image
	// Black is printed with the resin panel over Colour: dark pixels are ink.
	// Bar codes and the machine readable zone belong here, for B900 ink.
	Black image.Image
	// UV is printed with a fluorescent panel: dark pixels are ink.
	UV image.Image
}

// Status is where a printer is.
type Status struct {
	// Ready means that the next operation can start.
	Ready bool `json:"ready"`
	// Station and Side are the card's; Side is the one at the head.
	Station Station `json:"-"`
	Side    Side    `json:"-"`
	// Suspended names the operation that waits for Resume or Cancel.
	Suspended string `json:"suspended,omitempty"`
	// Fault is why; nil when there is none.
	Fault error `json:"-"`
	// Ejected and Rejected count cards since the driver was opened.
	Ejected  int `json:"ejected"`
	Rejected int `json:"rejected"`
}
