package face

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// A portrait is an input from outside: before it is decoded its header must
// claim no more than this.
const (
	maxPortraitBytes = 1 << 20
	maxPortraitSide  = 1 << 13
	maxPortraitArea  = 1 << 23
)

// ErrPortrait is a portrait that cannot be printed.
var ErrPortrait = errors.New("the portrait cannot be printed")

// DecodePortrait reads a JPEG portrait. JPEG 2000, and anything else, is
// ErrPortrait.
func DecodePortrait(b []byte) (image.Image, error) {
	if len(b) == 0 {
		return nil, ErrNoPortrait
	}
	if len(b) > maxPortraitBytes {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrPortrait, maxPortraitBytes)
	}
	if !bytes.HasPrefix(b, []byte{0xFF, 0xD8, 0xFF}) {
		return nil, fmt.Errorf("%w: it is not a JPEG", ErrPortrait)
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: its header is damaged", ErrPortrait)
	}
	if size.Width < 1 || size.Height < 1 || size.Width > maxPortraitSide || size.Height > maxPortraitSide || size.Width*size.Height > maxPortraitArea {
		return nil, fmt.Errorf("%w: %d × %d pixels are out of bounds", ErrPortrait, size.Width, size.Height)
	}
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged", ErrPortrait)
	}
	return img, nil
}

// photo fills the element's box with the picture: scaled, and cut evenly where
// the proportions differ.
func (c *canvas) photo(img image.Image, e cardprofile.Element) error {
	if img == nil || img.Bounds().Empty() {
		return ErrNoPortrait
	}
	if e.Rotate != 0 {
		return errors.New("a photo cannot be rotated")
	}
	low, high := c.m.apply(point{e.X, e.Y}), c.m.apply(point{e.X + e.W, e.Y + e.H})
	box := image.Rect(int(math.Round(low.x)), int(math.Round(low.y)), int(math.Round(high.x)), int(math.Round(high.y)))
	if box.Empty() {
		return errors.New("the box has no size")
	}
	source := img.Bounds()
	// the part of the picture that has the box's proportions
	w := min(source.Dx(), source.Dy()*box.Dx()/box.Dy())
	h := min(source.Dy(), source.Dx()*box.Dy()/box.Dx())
	if w < 1 || h < 1 {
		return fmt.Errorf("%w: its proportions are nothing like the place's", ErrPortrait)
	}
	source.Min.X += (source.Dx() - w) / 2
	source.Min.Y += (source.Dy() - h) / 3 // heads are nearer to the top
	source.Max = source.Min.Add(image.Pt(w, h))
	scaled(c.img, box, img, source)
	c.touched = c.touched.Union(box)
	return nil
}
