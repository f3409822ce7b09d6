package face

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"

	"rsc.io/qr/coding"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// quiet is the light margin of a QR code, in modules (ISO/IEC 18004, 6.3.8).
const quiet = 4

var qrLevels = map[string]coding.Level{"": coding.M, "L": coding.L, "M": coding.M, "Q": coding.Q, "H": coding.H}

// ErrQRRoom is a payload whose code has too many modules for its place.
var ErrQRRoom = errors.New("the QR code does not fit its place")

// minModule is the smallest module that scanners of the trade read, mm.
const minModule = 0.16

// qr draws the code with its quiet zone, centred in the box. Modules are a
// whole number of pixels, since a module of uneven width is what scanners fail
// on; the error correction level is the profile's (in Text.EN of the prepared
// element).
func (c *canvas) qr(payload string, e cardprofile.Element) error {
	if payload == "" {
		return errors.New("there is no QR text")
	}
	level, ok := qrLevels[e.Text.EN]
	if !ok {
		return fmt.Errorf("no error correction level %q: use L, M, Q or H", e.Text.EN)
	}
	code, err := encodeQR(payload, level)
	if err != nil {
		return ErrQRRoom
	}
	low, high := c.m.apply(point{e.X, e.Y}), c.m.apply(point{e.X + e.W, e.Y + e.H})
	box := image.Rect(int(math.Round(low.x)), int(math.Round(low.y)), int(math.Round(high.x)), int(math.Round(high.y)))
	modules := code.Size + 2*quiet
	module := min(box.Dx(), box.Dy()) / modules
	if float64(module)/c.scale < minModule {
		return ErrQRRoom
	}
	side := module * modules
	at := image.Pt(box.Min.X+(box.Dx()-side)/2, box.Min.Y+(box.Dy()-side)/2)
	field := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
	draw.Draw(c.img, field, image.White, image.Point{}, draw.Src)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				p := at.Add(image.Pt((x+quiet)*module, (y+quiet)*module))
				draw.Draw(c.img, image.Rectangle{Min: p, Max: p.Add(image.Pt(module, module))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	c.touched = c.touched.Union(field)
	return nil
}

// encodeQR makes the smallest code that holds the payload, with the mask that
// ISO/IEC 18004, 7.8.3 would choose; the library alone always takes the first.
func encodeQR(payload string, level coding.Level) (*coding.Code, error) {
	text := coding.String(payload)
	version := coding.Version(coding.MinVersion)
	for text.Bits(version) > version.DataBytes(level)*8 {
		if version++; version > coding.MaxVersion {
			return nil, ErrQRRoom
		}
	}
	var best *coding.Code
	least := math.MaxInt
	for mask := coding.Mask(0); mask < 8; mask++ {
		plan, err := coding.NewPlan(version, level, mask)
		if err != nil {
			return nil, err
		}
		code, err := plan.Encode(text)
		if err != nil {
			return nil, err
		}
		if p := penalty(code); p < least {
			best, least = code, p
		}
	}
	return best, nil
}

// penalty is the sum of the four features of ISO/IEC 18004, 7.8.3.1 that make a
// code hard to read: long runs, blocks, patterns like a finder's, and an
// imbalance of dark and light.
func penalty(c *coding.Code) int {
	n := c.Size
	sum, dark := 0, 0
	grid := make([]bool, n*n)
	for y := range n {
		for x := range n {
			if c.Black(x, y) {
				grid[y*n+x] = true
				dark++
			}
		}
	}
	line := func(start, stride int) {
		run, history := 0, uint32(0)
		var last bool
		for i := range n {
			v := grid[start+i*stride]
			if i > 0 && v == last {
				run++
			} else {
				run = 1
			}
			switch {
			case run == 5:
				sum += 3
			case run > 5:
				sum++
			}
			last = v
			history = history << 1 & 0x7FF
			if v {
				history |= 1
			}
			if i >= 10 && (history == 0b10111010000 || history == 0b00001011101) {
				sum += 40
			}
		}
	}
	for i := range n {
		line(i*n, 1)
		line(i, n)
	}
	for y := range n - 1 {
		for x := range n - 1 {
			if a := grid[y*n+x]; a == grid[y*n+x+1] && a == grid[(y+1)*n+x] && a == grid[(y+1)*n+x+1] {
				sum += 3
			}
		}
	}
	off := dark*20 - n*n*10
	if off < 0 {
		off = -off
	}
	return sum + off/(n*n)*10
}
