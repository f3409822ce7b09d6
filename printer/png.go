package printer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"
)

// WritePNG writes a picture as PNG that states its resolution, so that programs
// show and print it at its true size. A face is personal data: a file it goes
// to should be created with mode 0600.
func WritePNG(w io.Writer, img image.Image, dpi int) error {
	if img == nil || dpi < 1 {
		return ErrFace
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	// The signature and IHDR, always 13 bytes long, come first; pHYs must stand
	// before the picture's data (PNG, 3rd ed., 11.3.4.3).
	const head = 8 + 4 + 4 + 13 + 4
	encoded := b.Bytes()
	if len(encoded) < head {
		return errors.New("printer: the PNG encoder wrote no header")
	}
	perMetre := uint32(math.Round(float64(dpi) / 25.4 * 1000))
	chunk := make([]byte, 0, 21)
	chunk = binary.BigEndian.AppendUint32(chunk, 9)
	chunk = append(chunk, "pHYs"...)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = append(chunk, 1) // the unit is the metre
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	for _, part := range [][]byte{encoded[:head], chunk, encoded[head:]} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Flatten is the picture that the colour and the black layer make together on
// white plastic. It is nil when the face has neither.
func (f Face) Flatten() image.Image {
	if f.Black == nil {
		return f.Colour
	}
	b := f.Black.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	if f.Colour != nil {
		draw.Draw(out, out.Bounds(), f.Colour, f.Colour.Bounds().Min, draw.Over)
	}
	mask := image.NewAlpha(out.Bounds())
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, a := f.Black.At(b.Min.X+x, b.Min.Y+y).RGBA()
			// dark pixels are ink, as far as they are opaque
			light := (299*r + 587*g + 114*bl) / 1000
			mask.Pix[y*mask.Stride+x] = uint8((a - min(a, light)) >> 8)
		}
	}
	draw.DrawMask(out, out.Bounds(), image.Black, image.Point{}, mask, image.Point{}, draw.Over)
	return out
}

// check says whether a face can be printed at all.
func (f Face) check() error {
	if f.DPI < 1 || f.Side != Front && f.Side != Back {
		return ErrFace
	}
	var size image.Point
	for _, layer := range []image.Image{f.Colour, f.Black, f.UV} {
		if layer == nil {
			continue
		}
		s := layer.Bounds().Size()
		if s.X < 1 || s.Y < 1 || size != (image.Point{}) && s != size {
			return ErrFace
		}
		size = s
	}
	if size == (image.Point{}) {
		return ErrFace
	}
	return nil
}
