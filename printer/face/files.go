package face

import (
	"image"
	"image/color"
	"io"
	"math"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer"
)

// WritePNG writes one side as PNG with its resolution. It is personal data: a
// file it goes to should be created with mode 0600.
func (f *Faces) WritePNG(w io.Writer, s printer.Side) error {
	return printer.WritePNG(w, f.image(s), f.DPI)
}

// WritePDF writes cards as a PDF sheet at true size, see printer.Sheet.
func WritePDF(w io.Writer, cards []*Faces) error {
	sheet := printer.NewSheet()
	for _, f := range cards {
		if err := sheet.Add(f.Face(printer.Front), f.Face(printer.Back)); err != nil {
			return err
		}
	}
	return sheet.Write(w)
}

// Rounded is one side as the card is cut: transparent outside of its round
// corners, with a hairline along the edge. It is for showing, not for printing.
func (f *Faces) Rounded(s printer.Side) *image.NRGBA {
	source := f.image(s)
	b := source.Bounds()
	out := image.NewNRGBA(b)
	scale := float64(f.DPI) / mmPerInch
	radius := cardprofile.CardCornerRadius * scale
	w, h := float64(b.Dx()), float64(b.Dy())
	hair := math.Max(1, 0.12*scale)
	edge := color.NRGBA{0x9A, 0xAA, 0xB2, 0xFF}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			// how far inside the rounded rectangle the pixel's middle is
			px, py := float64(x-b.Min.X)+0.5, float64(y-b.Min.Y)+0.5
			qx := math.Abs(px-w/2) - (w/2 - radius)
			qy := math.Abs(py-h/2) - (h/2 - radius)
			inside := radius - math.Hypot(math.Max(qx, 0), math.Max(qy, 0)) - math.Min(math.Max(qx, qy), 0)
			cover := math.Max(0, math.Min(1, inside+0.5))
			if cover == 0 {
				continue
			}
			c := source.RGBAAt(x, y)
			m := mix(color.NRGBA{c.R, c.G, c.B, 0xFF}, edge, math.Max(0, math.Min(1, hair-inside+0.5)))
			m.A = uint8(math.Round(cover * 255))
			out.SetNRGBA(x, y, m)
		}
	}
	return out
}
