package pwg

import (
	"bufio"
	"errors"
	"image"
	"io"
)

// Reader reads a document page by page. Its input may be hostile: sizes are
// bounded by MaxSide and MaxPixels before anything is made of them.
type Reader struct {
	r     *bufio.Reader
	begun bool
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReader(r)} }

// Next reads a page: an *image.RGBA, or an *image.Gray where the page has one
// colour. io.EOF is the end of the document.
func (r *Reader) Next() (Header, image.Image, error) {
	if !r.begun {
		var word [len(sync)]byte
		if _, err := io.ReadFull(r.r, word[:]); err != nil || string(word[:]) != sync {
			return Header{}, nil, ErrSync
		}
		r.begun = true
	}
	b := make([]byte, headerSize)
	if _, err := io.ReadFull(r.r, b); err != nil {
		if errors.Is(err, io.EOF) {
			return Header{}, nil, io.EOF
		}
		return Header{}, nil, ErrTruncated
	}
	h, err := parse(b)
	if err != nil {
		return h, nil, err
	}
	img, err := r.pixels(h)
	return h, img, err
}

// pixels reads the lines of a page. Memory grows with the lines that come, not
// with what the header promises.
func (r *Reader) pixels(h Header) (image.Image, error) {
	per := h.bytesPerLine()
	size := max(1, h.Bits/8)
	line := make([]byte, per)
	out := 4 * h.Width
	if h.Bits != 24 {
		out = h.Width
	}
	var pix []byte
	for y := 0; y < h.Height; {
		repeat, err := r.r.ReadByte()
		if err != nil {
			return nil, ErrTruncated
		}
		if y+int(repeat)+1 > h.Height {
			return nil, ErrLine
		}
		if err := r.line(line, size, white(h)); err != nil {
			return nil, err
		}
		from := len(pix)
		pix = spread(pix, line, h)
		drawn := pix[from:]
		for range repeat {
			pix = append(pix, drawn...)
		}
		y += int(repeat) + 1
	}
	rect := image.Rect(0, 0, h.Width, h.Height)
	if h.Bits == 24 {
		return &image.RGBA{Pix: pix, Stride: out, Rect: rect}, nil
	}
	return &image.Gray{Pix: pix, Stride: out, Rect: rect}, nil
}

// white is the byte of an empty place.
func white(h Header) byte {
	if h.Space == Black {
		return 0
	}
	return 0xFF
}

// line unpacks one line. Its runs must fill it exactly.
func (r *Reader) line(line []byte, size int, white byte) error {
	for at := 0; at < len(line); {
		n, err := r.r.ReadByte()
		if err != nil {
			return ErrTruncated
		}
		switch {
		case n == 0x80: // not used by the standard; printers take it as "empty to the end"
			for ; at < len(line); at++ {
				line[at] = white
			}
		case n < 0x80:
			run := (int(n) + 1) * size
			if at+run > len(line) {
				return ErrLine
			}
			if _, err := io.ReadFull(r.r, line[at:at+size]); err != nil {
				return ErrTruncated
			}
			for i := at + size; i < at+run; i++ {
				line[i] = line[i-size]
			}
			at += run
		default:
			run := (257 - int(n)) * size
			if at+run > len(line) {
				return ErrLine
			}
			if _, err := io.ReadFull(r.r, line[at:at+run]); err != nil {
				return ErrTruncated
			}
			at += run
		}
	}
	return nil
}

// spread appends a line's pixels as a picture has them.
func spread(pix, line []byte, h Header) []byte {
	switch {
	case h.Bits == 24:
		for i := 0; i+2 < len(line); i += 3 {
			pix = append(pix, line[i], line[i+1], line[i+2], 0xFF)
		}
	case h.Bits == 1:
		for x := range h.Width {
			pix = append(pix, 0xFF*(1-line[x/8]>>(7-x%8)&1))
		}
	case h.Space == Black:
		for _, v := range line {
			pix = append(pix, 0xFF-v)
		}
	default:
		pix = append(pix, line...)
	}
	return pix
}
