package face

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"
	"sync"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/face/ocrb"
)

// The size of the machine readable zone's characters is fixed; what a layout
// gives as size and leading sets the distance of the lines alone.
const (
	mrzSize    = 10.0 // pt: OCR-B size 1
	mrzLeading = 1.2  // six lines to the inch: the 4.23 mm of Doc 9303-5 (8th ed.), Figure 6
)

// fontMRZ is the name by which a text element takes the zone's characters.
const fontMRZ = "ocrb"

// mrz sets the machine readable zone: the ink of the first character begins at
// the element's left edge, each character is placed by itself at the pitch, and
// the reference centre lines stand evenly around the middle of the box.
func (c *canvas) mrz(lines []string, e cardprofile.Element, s cardprofile.Style) error {
	if len(lines) == 0 {
		return errors.New("there is no machine readable zone")
	}
	if e.Rotate != 0 {
		return errors.New("the machine readable zone cannot be rotated")
	}
	pitch, size, leading := s.Pitch, s.Size, s.Leading
	if pitch == 0 {
		pitch = ocrb.Pitch
	}
	if size == 0 {
		size = mrzSize
	}
	if leading == 0 {
		leading = mrzLeading
	}
	spacing := size * leading * mmPerPoint
	const slack = 0.01
	if height := spacing*float64(len(lines)-1) + 2*ocrb.Centre + ocrb.Stroke; height > e.H+slack {
		return ErrNoRoom
	}
	for _, l := range lines {
		if width := pitch*float64(len(l)-1) + ocrb.Pitch - 2*ocrb.Inset; width > e.W+slack {
			return ErrNoRoom
		}
	}
	centre := e.Y + e.H/2 - spacing*float64(len(lines)-1)/2
	paint := image.NewUniform(colour(s.Colour, ink, s.Opacity))
	for _, l := range lines {
		for i, r := range []byte(l) {
			// Every character is placed by itself: an error of rounding does not add
			// up along the line.
			at := c.m.apply(point{e.X - ocrb.Inset + float64(i)*pitch, centre + ocrb.Centre})
			mask := character(rune(r), at, c.scale)
			if mask == nil {
				return fmt.Errorf("character %d of a line is not one of the machine readable zone", i+1)
			}
			origin := image.Pt(int(math.Floor(at.x)), int(math.Floor(at.y)))
			where := mask.Rect.Add(origin).Intersect(c.img.Bounds())
			draw.DrawMask(c.img, where, paint, image.Point{}, mask, where.Min.Sub(origin), draw.Over)
			c.touched = c.touched.Union(where)
		}
		centre += spacing
	}
	return nil
}

// At 300 and 600 dpi a pitch is a whole number of pixels, so that a line draws
// each of its characters at the same fraction of a pixel: they are drawn once.
type characterKey struct {
	r           rune
	x, y, scale float64
}

var (
	characterMu sync.Mutex
	characters  = map[characterKey]*image.Alpha{}
)

// maxCharacters bounds the store for resolutions at which fractions differ.
const maxCharacters = 4096

// character is the drawing of r around the whole pixel of its origin.
func character(r rune, at point, scale float64) *image.Alpha {
	fraction := func(v float64) float64 { return math.Round((v-math.Floor(v))*64) / 64 }
	key := characterKey{r, fraction(at.x), fraction(at.y), scale}
	characterMu.Lock()
	mask, ok := characters[key]
	characterMu.Unlock()
	if ok {
		return mask
	}
	mask = ocrb.Mask(r, key.x, key.y, scale)
	characterMu.Lock()
	defer characterMu.Unlock()
	if len(characters) >= maxCharacters {
		clear(characters)
	}
	characters[key] = mask
	return mask
}
