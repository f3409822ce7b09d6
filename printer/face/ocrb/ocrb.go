package ocrb

import (
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"
)

// The dimensions of the character set, millimetres.
const (
	// Pitch is the distance from one character to the next, Doc 9303-3 (8th
	// ed.), 4.4.
	Pitch = 2.54
	// Stroke is the thickness of every line.
	Stroke = 0.35
	// Centre is the height of the reference centre line above the line on which
	// letters stand.
	Centre = 1.16
	// Inset is how far the ink of a full-width character stands from the left
	// edge of its cell.
	Inset = 0.57 - Stroke/2
)

// Characters lists every character the set has.
const Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

type point struct{ x, y float64 }

// segment is a straight piece of a centre line.
type segment struct{ a, b point }

var glyphs = func() map[rune][]segment {
	m := make(map[rune][]segment, len(outlines))
	for r, path := range outlines {
		m[r] = flatten(path)
	}
	return m
}()

// Has reports whether the set has r.
func Has(r rune) bool { _, ok := glyphs[r]; return ok }

// curveSteps straight pieces stand for one curve: at 1200 dpi the error is
// below a tenth of a pixel.
const curveSteps = 16

// flatten reads one of the paths above; they are constants of this package, and
// a test reads them all.
func flatten(path string) []segment {
	var out []segment
	var at, start point
	var numbers []float64
	line := func(to point) {
		out = append(out, segment{at, to})
		at = to
	}
	finish := func(op byte) {
		p := func(i int) point { return point{numbers[i] / 100, numbers[i+1] / 100} }
		switch op {
		case 'M':
			at = p(0)
			start = at
		case 'L':
			line(p(0))
		case 'C':
			from, c1, c2, to := at, p(0), p(2), p(4)
			for i := 1; i <= curveSteps; i++ {
				t := float64(i) / curveSteps
				u := 1 - t
				b0, b1, b2, b3 := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
				line(point{
					b0*from.x + b1*c1.x + b2*c2.x + b3*to.x,
					b0*from.y + b1*c1.y + b2*c2.y + b3*to.y,
				})
			}
		case 'Z':
			line(start)
		}
		numbers = numbers[:0]
	}
	var op byte
	for _, word := range strings.Fields(path) {
		if c := word[0]; c >= 'A' && c <= 'Z' {
			if op != 0 {
				finish(op)
			}
			op, word = c, word[1:]
		}
		if word == "" {
			continue
		}
		n, err := strconv.ParseFloat(word, 64)
		if err != nil {
			panic("ocrb: a path of this package is malformed") // cannot happen: constants
		}
		numbers = append(numbers, n)
	}
	finish(op)
	return out
}

// distance from p to the segment.
func (s segment) distance(p point) float64 {
	dx, dy := s.b.x-s.a.x, s.b.y-s.a.y
	px, py := p.x-s.a.x, p.y-s.a.y
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Max(0, math.Min(1, (px*dx+py*dy)/l))
	}
	return math.Hypot(px-t*dx, py-t*dy)
}

// Mask draws one character: alpha is ink. The cell's left edge and the line on
// which letters stand pass through the point (x, y) of the mask's coordinates,
// in pixels with Y downwards, and a millimetre is scale pixels long. An unknown
// character gives nil.
//
// Coverage comes from the distance to the centre line, so that the thickness is
// constant, ends and joins are round, and crossings do not darken.
func Mask(r rune, x, y, scale float64) *image.Alpha {
	segments, ok := glyphs[r]
	if !ok {
		return nil
	}
	half := Stroke / 2
	low := point{math.Inf(1), math.Inf(1)}
	high := point{math.Inf(-1), math.Inf(-1)}
	for _, s := range segments {
		for _, p := range []point{s.a, s.b} {
			low.x, low.y = math.Min(low.x, p.x), math.Min(low.y, p.y)
			high.x, high.y = math.Max(high.x, p.x), math.Max(high.y, p.y)
		}
	}
	bounds := image.Rect(
		int(math.Floor(x+(low.x-half)*scale))-1, int(math.Floor(y-(high.y+half)*scale))-1,
		int(math.Ceil(x+(high.x+half)*scale))+1, int(math.Ceil(y-(low.y-half)*scale))+1)
	mask := image.NewAlpha(bounds)
	for py := bounds.Min.Y; py < bounds.Max.Y; py++ {
		for px := bounds.Min.X; px < bounds.Max.X; px++ {
			p := point{(float64(px) + 0.5 - x) / scale, (y - float64(py) - 0.5) / scale}
			nearest := math.Inf(1)
			for _, s := range segments {
				nearest = math.Min(nearest, s.distance(p))
			}
			if c := (half-nearest)*scale + 0.5; c > 0 {
				mask.SetAlpha(px, py, color.Alpha{A: uint8(math.Min(c, 1)*255 + 0.5)})
			}
		}
	}
	return mask
}
