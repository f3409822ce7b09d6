package pwg

import (
	"bufio"
	"bytes"
	"image"
	"image/color"
	"io"
)

// Writer writes a document page by page.
type Writer struct {
	w     *bufio.Writer
	begun bool
}

// NewWriter writes to w, which need not be buffered. Flush ends the document.
func NewWriter(w io.Writer) *Writer { return &Writer{w: bufio.NewWriter(w)} }

// Flush writes out what is buffered.
func (w *Writer) Flush() error { return w.w.Flush() }

// Page writes one page: img has the header's width and height, and is laid on
// white where it is not opaque. The page's space must be SRGB or SGray, its bits
// are set here.
func (w *Writer) Page(h Header, img image.Image) error {
	switch h.Space {
	case SRGB:
		h.Bits = 24
	case SGray:
		h.Bits = 8
	default:
		return ErrUnsupported
	}
	if h.CrossFeed == 0 {
		h.CrossFeed = 1
	}
	if h.Feed == 0 {
		h.Feed = 1
	}
	if err := h.check(); err != nil {
		return err
	}
	if img == nil || img.Bounds().Dx() != h.Width || img.Bounds().Dy() != h.Height {
		return ErrImage
	}
	if !w.begun {
		if _, err := w.w.WriteString(sync); err != nil {
			return err
		}
		w.begun = true
	}
	if _, err := w.w.Write(h.marshal()); err != nil {
		return err
	}
	return w.lines(h, img)
}

// lines writes the pixels: each line once, with the number of lines below that
// are equal to it (PWG 5102.4, 4.4).
func (w *Writer) lines(h Header, img image.Image) error {
	size := h.Bits / 8
	line, next := make([]byte, h.bytesPerLine()), make([]byte, h.bytesPerLine())
	var packed []byte
	row(next, img, 0, h.Space)
	for y := 0; y < h.Height; {
		line, next = next, line
		repeat := 1
		for y+repeat < h.Height {
			row(next, img, y+repeat, h.Space)
			if repeat == 256 || !bytes.Equal(line, next) {
				break
			}
			repeat++
		}
		packed = pack(append(packed[:0], byte(repeat-1)), line, size)
		if _, err := w.w.Write(packed); err != nil {
			return err
		}
		y += repeat
	}
	return nil
}

// pack appends a line in runs: 0 to 127 is one pixel to be repeated so many times
// more, 129 to 255 are 257 less that number of pixels as they are.
func pack(to, line []byte, size int) []byte {
	pixels := len(line) / size
	at := func(i int) []byte { return line[i*size : (i+1)*size] }
	for i := 0; i < pixels; {
		run := 1
		for i+run < pixels && run < 128 && bytes.Equal(at(i), at(i+run)) {
			run++
		}
		if run > 1 || i+1 == pixels {
			to = append(append(to, byte(run-1)), at(i)...)
			i += run
			continue
		}
		// until two equal ones follow each other
		for i+run < pixels && run < 128 && (i+run+1 == pixels || !bytes.Equal(at(i+run), at(i+run+1))) {
			run++
		}
		if run == 1 {
			to = append(append(to, 0), at(i)...)
		} else {
			to = append(append(to, byte(257-run)), line[i*size:(i+run)*size]...)
		}
		i += run
	}
	return to
}

// row puts a line of the picture, on white, into b.
func row(b []byte, img image.Image, y int, space Space) {
	r := img.Bounds()
	rgba, fast := img.(*image.RGBA)
	for x := range r.Dx() {
		var c color.RGBA
		if fast {
			i := rgba.PixOffset(r.Min.X+x, r.Min.Y+y)
			p := rgba.Pix[i : i+4 : i+4]
			c = color.RGBA{p[0], p[1], p[2], p[3]}
		} else {
			cr, cg, cb, ca := img.At(r.Min.X+x, r.Min.Y+y).RGBA()
			c = color.RGBA{uint8(cr >> 8), uint8(cg >> 8), uint8(cb >> 8), uint8(ca >> 8)}
		}
		if c.A != 0xFF { // colours are premultiplied
			white := 0xFF - c.A
			c.R, c.G, c.B = c.R+white, c.G+white, c.B+white
		}
		if space == SRGB {
			b[3*x], b[3*x+1], b[3*x+2] = c.R, c.G, c.B
			continue
		}
		b[x] = color.GrayModel.Convert(color.RGBA{c.R, c.G, c.B, 0xFF}).(color.Gray).Y
	}
}
