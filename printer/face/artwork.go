package face

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
)

// Bounds on an artwork file: a face at 1200 dpi, both ways, with room to spare.
const (
	maxArtworkBytes = 64 << 20
	maxArtworkSide  = 8192
)

// ErrArtwork is an artwork file that cannot be used.
var ErrArtwork = errors.New("the artwork cannot be used")

// artwork draws the owner's own PNG over the whole face. Its name is relative to
// the layout's file, which it stands beside.
func (c *canvas) artwork(layout, name string) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%w: its path leads out of the layout's folder", ErrArtwork)
	}
	f, err := os.Open(filepath.Join(filepath.Dir(layout), name))
	if err != nil {
		return fmt.Errorf("%w: the file cannot be opened beside the layout", ErrArtwork)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxArtworkBytes+1))
	if err != nil || len(b) > maxArtworkBytes {
		return fmt.Errorf("%w: it cannot be read, or is larger than %d bytes", ErrArtwork, maxArtworkBytes)
	}
	size, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%w: it is not a PNG", ErrArtwork)
	}
	if size.Width < 1 || size.Height < 1 || size.Width > maxArtworkSide || size.Height > maxArtworkSide {
		return fmt.Errorf("%w: %d × %d pixels are out of bounds", ErrArtwork, size.Width, size.Height)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%w: it is damaged", ErrArtwork)
	}
	over := c.img.Bounds()
	draw.CatmullRom.Scale(c.img, over, img, img.Bounds(), draw.Over, nil)
	c.touched = over
	return nil
}
