package face

import (
	"image"

	"github.com/chipid-toolkit/chipid/printer"
)

// Data is what is printed on one card.
type Data struct {
	// Fields holds the text of each field by the name a layout uses for it.
	Fields map[string]string
	// MRZ holds the lines of the machine readable zone.
	MRZ []string
	// Portrait is the holder's picture; nil leaves its place empty where the
	// layout allows that.
	Portrait image.Image
	// QR is the payload of the QR code, UTF-8.
	QR string
}

// Faces are the two sides of one card.
type Faces struct {
	Front, Back *image.RGBA
	// DPI is the resolution, dots per 25.4 mm.
	DPI int
	// Width and Height are the card's, in millimetres.
	Width, Height float64
}

// Face returns one side as a printer takes it.
func (f *Faces) Face(s printer.Side) printer.Face {
	img := f.Front
	if s == printer.Back {
		img = f.Back
	}
	return printer.Face{Side: s, DPI: f.DPI, Colour: img}
}
