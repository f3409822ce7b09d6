package sight

import (
	"image"
	"math"
)

// Likeness is how a printed picture compares with the one that was to be printed.
type Likeness struct {
	// Alike is the correlation of both, 1 for the same picture.
	Alike float64
	// X and Y are how far the picture lies from its place, millimetres.
	X, Y float64
	// Panels is how much red, green and blue differ within the print, as a share of
	// what they should.
	Panels [3]float64
}

const (
	likeScale = 5   // pixels per millimetre
	likeReach = 3.0 // how far off the picture is looked for, millimetres
)

// Likeness compares what lies in a rectangle with a part of an image.
func (p *Picture) Likeness(x, y, w, h float64, img image.Image, part image.Rectangle) Likeness {
	t := patchOf(img, part, int(math.Round(w*likeScale)), int(math.Round(h*likeScale)))
	area := p.piece(x-likeReach, y-likeReach, float64(t.w)/likeScale+2*likeReach, float64(t.h)/likeScale+2*likeReach, likeScale)
	spanX, spanY := area.w-t.w, area.h-t.h
	best, bx, by := -2.0, 0, 0
	look := func(i, j int) float64 {
		n := area.alike(t, bright, i, j)
		if n > best {
			best, bx, by = n, i, j
		}
		return n
	}
	for j := 0; j <= spanY; j += 3 {
		for i := 0; i <= spanX; i += 3 {
			look(i, j)
		}
	}
	cx, cy := bx, by
	for j := max(0, cy-2); j <= min(spanY, cy+2); j++ {
		for i := max(0, cx-2); i <= min(spanX, cx+2); i++ {
			look(i, j)
		}
	}
	top := func(at, span int, score func(int) float64) float64 {
		if at == 0 || at == span {
			return float64(at)
		}
		a, b, c := score(at-1), best, score(at+1)
		if d := a - 2*b + c; d < 0 {
			return float64(at) + max(-0.5, min(0.5, (a-c)/(2*d)))
		}
		return float64(at)
	}
	l := Likeness{
		X: top(bx, spanX, func(i int) float64 { return area.alike(t, bright, i, by) })/likeScale - likeReach,
		Y: top(by, spanY, func(j int) float64 { return area.alike(t, bright, bx, j) })/likeScale - likeReach,
	}
	for c := range l.Panels {
		l.Alike += area.alike(t, c, bx, by) / 3
		if d := t.deviation(c, 0, 0, t.w, t.h); d > 1 {
			l.Panels[c] = area.deviation(c, bx, by, t.w, t.h) / d
		} else {
			l.Panels[c] = 1
		}
	}
	return l
}

// Bare reports whether nothing is printed on the card: what deviates, deviates no
// more than noise and light do.
func (p *Picture) Bare() bool {
	const scale, field = 3, 12
	area := p.piece(6, 6, 72, 40, scale)
	soften(area.c[bright], area.w, area.h)
	for y := 0; y+field <= area.h; y += field {
		for x := 0; x+field <= area.w; x += field {
			if area.deviation(bright, x, y, field, field) > 12 {
				return false
			}
		}
	}
	return true
}
