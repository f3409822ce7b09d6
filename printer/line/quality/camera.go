package quality

import (
	"context"
	"image"

	"github.com/chipid-toolkit/chipid/printer"
)

// Camera takes a picture of one side of the card that lies in the machine.
type Camera interface {
	// Picture is asked for the front and then for the back of each card. An error
	// says that the camera does not work, not that the card is bad: no card is
	// seen is an image too.
	Picture(ctx context.Context, side printer.Side) (image.Image, error)
}

// Tolerance is how far a print may be off.
type Tolerance struct {
	// Shift is how far the print may lie from its place in either direction,
	// millimetres.
	Shift float64
}

// Default is the tolerance of a Checker that names none. Doc 9303-5 (8th ed.),
// Figure 6 allows the first character of the zone 1 mm; a printer in order does
// better.
var Default = Tolerance{Shift: 0.6}
