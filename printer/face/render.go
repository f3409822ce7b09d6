package face

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer"
)

// Resolutions New takes: below the smallest a QR code has no room on a card, and
// no printer exceeds the largest.
const (
	MinDPI = 300
	MaxDPI = 1200
)

// What a layout or the data can lack.
var (
	ErrNoLayout   = errors.New("the profile has no layout")
	ErrDPI        = fmt.Errorf("the resolution must be %d to %d dots per inch", MinDPI, MaxDPI)
	ErrNoPortrait = errors.New("there is no portrait")
)

// Renderer draws the cards of one profile at one resolution. What is the same
// on every card is drawn once, when it is made. It is safe for use by many
// goroutines.
type Renderer struct {
	layout *cardprofile.Faces
	dpi    int
	w, h   int
	scale  float64
	sides  [2][]step
}

// step is one thing to do for a face, in order: lay a prepared picture over it,
// or draw an element from the card's data.
type step struct {
	prepared *layer // cut to what it covers
	element  cardprofile.Element
	look     cardprofile.Style
}

// New prepares the drawing of a profile's cards at a resolution in dots per
// inch. A layout that cannot be drawn is an *Error.
func New(p *cardprofile.Profile, dpi int) (*Renderer, error) {
	if p.Faces == nil {
		return nil, ErrNoLayout
	}
	if dpi < MinDPI || dpi > MaxDPI {
		return nil, ErrDPI
	}
	r := &Renderer{
		layout: p.Faces, dpi: dpi, scale: float64(dpi) / mmPerInch,
		w: pixels(cardprofile.CardWidth, dpi), h: pixels(cardprofile.CardHeight, dpi),
	}
	level := p.QR.Level
	for side, f := range []cardprofile.Face{p.Faces.Front, p.Faces.Back} {
		if err := r.prepare(printer.Side(side), f, level); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// DPI is the resolution.
func (r *Renderer) DPI() int { return r.dpi }

// personal reports whether an element shows data of the holder.
func personal(e cardprofile.Element) bool {
	switch e.Kind {
	case cardprofile.KindPhoto, cardprofile.KindQR, cardprofile.KindMRZ:
		return true
	}
	return e.Field != ""
}

func (r *Renderer) prepare(side printer.Side, f cardprofile.Face, level string) error {
	c := newCanvas(r.w, r.h, r.scale)
	ground := colour(f.Background, color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}, 1)
	draw.Draw(c.img, c.img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	c.touched = c.img.Bounds()
	if f.Artwork != "" {
		if err := c.artwork(r.layout.Source, f.Artwork); err != nil {
			return &Error{Layout: r.layout.Source, Side: side, Element: "artwork", Err: err}
		}
	}
	flush := func() {
		if c.touched.Empty() {
			return
		}
		r.sides[side] = append(r.sides[side], step{prepared: newLayer(c.img.SubImage(c.touched).(*image.RGBA))})
		c = newCanvas(r.w, r.h, r.scale)
	}
	for _, e := range f.Elements {
		look := r.layout.Look(e)
		if personal(e) {
			flush()
			if e.Kind == cardprofile.KindQR {
				e.Text.EN = level
			}
			r.sides[side] = append(r.sides[side], step{element: e, look: look})
			continue
		}
		if err := r.fixed(c, e, look); err != nil {
			return &Error{Layout: r.layout.Source, Side: side, Element: e.ID, Err: err}
		}
	}
	flush()
	return nil
}

// fixed draws an element that is the same on every card.
func (r *Renderer) fixed(c *canvas, e cardprofile.Element, s cardprofile.Style) error {
	var err error
	c.turned(e.Rotate, point{e.X + e.W/2, e.Y + e.H/2}, func() {
		switch e.Kind {
		case cardprofile.KindText:
			err = c.text(e.Text.VI+e.Text.EN, e, s)
		case cardprofile.KindLabel:
			err = c.label(e, s)
		case cardprofile.KindRect:
			c.rect(e, s)
		case cardprofile.KindEllipse:
			c.oval(e, s)
		case cardprofile.KindLine:
			c.line(e, s)
		case cardprofile.KindChip:
			c.contactPlate(e)
		case cardprofile.KindWatermark:
			err = c.watermark(r.layout.Specimen, e, s)
		case cardprofile.KindDrawing:
			err = c.drawing(e, s)
		default:
			err = fmt.Errorf("elements of kind %q are not known", e.Kind)
		}
	})
	return err
}

// Render draws both faces of one card. Text that cannot fit, a character no
// font has, a QR text too long for its place or a missing portrait is an
// *Error that names the field.
func (r *Renderer) Render(d Data) (*Faces, error) {
	f := &Faces{DPI: r.dpi, Width: cardprofile.CardWidth, Height: cardprofile.CardHeight}
	for _, side := range []printer.Side{printer.Front, printer.Back} {
		c := newCanvas(r.w, r.h, r.scale)
		for i, s := range r.sides[side] {
			if s.prepared != nil {
				if i == 0 {
					draw.Draw(c.img, s.prepared.img.Bounds(), s.prepared.img, s.prepared.img.Bounds().Min, draw.Src)
				} else {
					s.prepared.over(c.img)
				}
				continue
			}
			if err := c.personal(s.element, s.look, d); err != nil {
				return nil, &Error{Layout: r.layout.Source, Side: side, Element: s.element.ID, Field: s.element.Field, Err: err}
			}
		}
		if side == printer.Front {
			f.Front = c.img
		} else {
			f.Back = c.img
		}
	}
	return f, nil
}

// personal draws an element from the card's data.
func (c *canvas) personal(e cardprofile.Element, s cardprofile.Style, d Data) error {
	var err error
	switch e.Kind {
	case cardprofile.KindPhoto:
		return c.photo(d.Portrait, e)
	case cardprofile.KindQR:
		return c.qr(d.QR, e)
	case cardprofile.KindMRZ:
		return c.mrz(d.MRZ, e, s)
	case cardprofile.KindText:
		value := d.Fields[e.Field]
		if value == "" {
			return nil
		}
		if s.Font == fontMRZ { // the card access number, Doc 9303-5 (8th ed.), 3.2.3
			return c.mrz([]string{value}, e, s)
		}
		c.turned(e.Rotate, point{e.X + e.W/2, e.Y + e.H/2}, func() {
			err = c.text(e.Text.VI+e.Text.EN+" "+value, e, s)
		})
		return err
	}
	return fmt.Errorf("an element of kind %q cannot show a field", e.Kind)
}

func (c *canvas) rect(e cardprofile.Element, s cardprofile.Style) {
	if s.Fill != "" {
		var p path
		p.rect(e.X, e.Y, e.W, e.H, s.Radius, false)
		c.fill(&p, colour(s.Fill, ink, s.Opacity))
	}
	if w := s.Stroke; w > 0 {
		var p path
		p.rect(e.X, e.Y, e.W, e.H, s.Radius, false)
		p.rect(e.X+w, e.Y+w, e.W-2*w, e.H-2*w, s.Radius-w, true)
		c.fill(&p, colour(s.Colour, ink, s.Opacity))
	}
}

func (c *canvas) oval(e cardprofile.Element, s cardprofile.Style) {
	x, y, rx, ry := e.X+e.W/2, e.Y+e.H/2, e.W/2, e.H/2
	if s.Fill != "" {
		var p path
		p.ellipse(x, y, rx, ry, false)
		c.fill(&p, colour(s.Fill, ink, s.Opacity))
	}
	if w := s.Stroke; w > 0 {
		var p path
		p.ellipse(x, y, rx, ry, false)
		p.ellipse(x, y, rx-w, ry-w, true)
		c.fill(&p, colour(s.Colour, ink, s.Opacity))
	}
}

func (c *canvas) line(e cardprofile.Element, s cardprofile.Style) {
	w := math.Max(s.Stroke, 0.1)
	c.polyline([]point{{e.X, e.Y}, {e.X + e.W, e.Y + e.H}}, w, colour(s.Colour, ink, s.Opacity))
}
