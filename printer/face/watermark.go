package face

import (
	"errors"
	"image/color"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// watermark writes the specimen mark as large as its box allows, one language
// above the other. The colour's own transparency lets what is below be read.
func (c *canvas) watermark(mark cardprofile.Text, e cardprofile.Element, s cardprofile.Style) error {
	name := s.Font
	if name == "" {
		name = "sans-bold"
	}
	t, err := openFont(name)
	if err != nil {
		return err
	}
	var runs []run
	for _, text := range []string{mark.VI, mark.EN} {
		if text == "" {
			continue
		}
		r, err := t.shape(text)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	if len(runs) == 0 {
		return errors.New("the layout has no specimen mark")
	}
	// Lines of capitals: cap height and the room between, in ems.
	const capital, gap = 0.729, 0.32
	wide := 0.0
	for _, r := range runs {
		wide = max(wide, r.width)
	}
	size := e.W / wide
	// A mark above the letters of the first line reaches beyond its capitals.
	high := capital*float64(len(runs)) + gap*float64(len(runs)-1)
	if high*size > e.H {
		size = e.H / high
	}
	y := e.Y + (e.H-high*size)/2
	var p path
	for _, r := range runs {
		y += capital * size
		r.outline(&p, e.X+(e.W-r.width*size)/2, y, size)
		y += gap * size
	}
	c.fill(&p, colour(s.Colour, color.NRGBA{0xC6, 0x1D, 0x2B, 0x30}, s.Opacity))
	return nil
}
