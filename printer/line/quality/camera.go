package quality

import (
	"context"
	"fmt"
	"image"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/station"
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
	// Shift is how far the print may lie from its place, millimetres.
	Shift float64
}

func (c *Checker) print(context.Context, *station.Work, *Report) error {
	return fmt.Errorf("%w: pictures of the print are not read yet", ErrChecker)
}
