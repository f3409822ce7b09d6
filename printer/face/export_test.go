package face

import (
	"image"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer"
)

// Ink draws the elements of one side one at a time, those with data of the
// holder or the others, and tells where each drew.
func Ink(p *cardprofile.Profile, side printer.Side, d Data, dpi int, holder bool) (map[string]image.Rectangle, error) {
	r, err := New(p, dpi)
	if err != nil {
		return nil, err
	}
	f := p.Faces.Front
	if side == printer.Back {
		f = p.Faces.Back
	}
	out := map[string]image.Rectangle{}
	c := newCanvas(r.w, r.h, r.scale)
	for _, e := range f.Elements {
		if personal(e) != holder {
			continue
		}
		c.touched = image.Rectangle{}
		look := r.layout.Look(e)
		if personal(e) {
			if e.Kind == cardprofile.KindQR {
				e.Text.EN = p.QR.Level
			}
			err = c.personal(e, look, d)
		} else {
			err = r.fixed(c, e, look)
		}
		if err != nil {
			return nil, err
		}
		out[e.ID] = c.touched
	}
	return out, nil
}

// Arrange fits text into a box and gives the extent it takes, in millimetres.
func Arrange(text string, s cardprofile.Style, w, h float64) (width, height float64, lines int, err error) {
	t, err := openFont(s.Font)
	if err != nil {
		return 0, 0, 0, err
	}
	b, err := arrange(t, text, s, w, h)
	if err != nil {
		return 0, 0, 0, err
	}
	return b.width, b.height(), len(b.lines), nil
}

// Missing is the first character of text that the font has not.
func Missing(font, text string) error {
	t, err := openFont(font)
	if err != nil {
		return err
	}
	_, err = t.shape(text)
	return err
}

// Extent is how far the ink of text reaches above and below the base line, ems.
func Extent(font, text string) (up, down float64, err error) {
	t, err := openFont(font)
	if err != nil {
		return 0, 0, err
	}
	r, err := t.shape(text)
	if err != nil {
		return 0, 0, err
	}
	var p path
	r.outline(&p, 0, 0, 1)
	for _, o := range p.ops {
		if o.kind != 'Z' {
			for _, q := range o.p {
				up, down = max(up, -q.y), max(down, q.y)
			}
		}
	}
	return up, down, nil
}

// LineAscent and LineDescent are what a line of text is given, ems.
const LineAscent, LineDescent = ascent, descent
