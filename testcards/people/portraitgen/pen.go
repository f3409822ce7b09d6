package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// The picture's size, pixels: three to four, as photographs for cards are.
const (
	width  = 480
	height = 640
)

// pen draws filled shapes on the picture. Coordinates are pixels; mirror, where
// a method takes it, flips X around the middle of the face.
type pen struct {
	img *image.RGBA
	r   *vector.Rasterizer
}

func newPen() *pen {
	return &pen{img: image.NewRGBA(image.Rect(0, 0, width, height)), r: vector.NewRasterizer(width, height)}
}

// shape is a closed outline: a first point, then curves of three points each.
// A straight line is a curve whose inner points lie on it.
type shape struct {
	pts []float64
}

// at starts a shape.
func at(x, y float64) *shape { return &shape{pts: []float64{x, y}} }

func (s *shape) last() (x, y float64) { return s.pts[len(s.pts)-2], s.pts[len(s.pts)-1] }

// to adds a straight line.
func (s *shape) to(x, y float64) *shape {
	x0, y0 := s.last()
	s.pts = append(s.pts, x0+(x-x0)/3, y0+(y-y0)/3, x0+(x-x0)*2/3, y0+(y-y0)*2/3, x, y)
	return s
}

// curve adds a cubic curve.
func (s *shape) curve(x1, y1, x2, y2, x, y float64) *shape {
	s.pts = append(s.pts, x1, y1, x2, y2, x, y)
	return s
}

// mirrored is the shape on the other side of the face.
func (s *shape) mirrored() *shape {
	m := &shape{pts: append([]float64(nil), s.pts...)}
	for i := 0; i < len(m.pts); i += 2 {
		m.pts[i] = width - m.pts[i]
	}
	return m
}

// symmetric completes a half outline, drawn from the middle line to the middle
// line, with its mirror image.
func (s *shape) symmetric() *shape {
	full := &shape{pts: append([]float64(nil), s.pts...)}
	for i := len(s.pts) - 4; i >= 0; i -= 2 {
		full.pts = append(full.pts, width-s.pts[i], s.pts[i+1])
	}
	return full
}

func (p *pen) fill(s *shape, c color.Color) {
	p.r.Reset(width, height)
	p.trace(s)
	p.r.Draw(p.img, p.img.Bounds(), image.NewUniform(c), image.Point{})
}

// The figures are drawn a little larger than their own coordinates, around this
// point.
const (
	zoom  = 1.12
	zoomX = middle
	zoomY = 372
)

// trace hands an outline to the rasterizer.
func (p *pen) trace(s *shape) {
	x := func(i int) float32 { return float32(zoomX + (s.pts[i]-zoomX)*zoom) }
	y := func(i int) float32 { return float32(zoomY + (s.pts[i]-zoomY)*zoom) }
	p.r.MoveTo(x(0), y(1))
	for i := 2; i+5 < len(s.pts); i += 6 {
		p.r.CubeTo(x(i), y(i+1), x(i+2), y(i+3), x(i+4), y(i+5))
	}
	p.r.ClosePath()
}

// both fills a shape and its mirror image.
func (p *pen) both(s *shape, c color.Color) {
	p.fill(s, c)
	p.fill(s.mirrored(), c)
}

// round is the part of a circle's tangent that a cubic quarter takes.
const round = 0.5523

func ellipse(cx, cy, rx, ry float64) *shape {
	kx, ky := rx*round, ry*round
	return at(cx+rx, cy).
		curve(cx+rx, cy+ky, cx+kx, cy+ry, cx, cy+ry).
		curve(cx-kx, cy+ry, cx-rx, cy+ky, cx-rx, cy).
		curve(cx-rx, cy-ky, cx-kx, cy-ry, cx, cy-ry).
		curve(cx+kx, cy-ry, cx+rx, cy-ky, cx+rx, cy)
}

// stroke is a line along one cubic curve, thick in the middle and thin, by the
// factor taper, at its ends.
func stroke(x0, y0, x1, y1, x2, y2, x3, y3, thick, taper float64) *shape {
	const n = 12
	type pt struct{ x, y float64 }
	var left, right []pt
	for i := 0; i <= n; i++ {
		t := float64(i) / n
		u := 1 - t
		x := u*u*u*x0 + 3*u*u*t*x1 + 3*u*t*t*x2 + t*t*t*x3
		y := u*u*u*y0 + 3*u*u*t*y1 + 3*u*t*t*y2 + t*t*t*y3
		dx := u*u*(x1-x0) + 2*u*t*(x2-x1) + t*t*(x3-x2)
		dy := u*u*(y1-y0) + 2*u*t*(y2-y1) + t*t*(y3-y2)
		l := math.Hypot(dx, dy)
		if l == 0 {
			l = 1
		}
		w := thick / 2 * (taper + (1-taper)*math.Sin(math.Pi*t))
		left = append(left, pt{x - dy/l*w, y + dx/l*w})
		right = append(right, pt{x + dy/l*w, y - dx/l*w})
	}
	s := at(left[0].x, left[0].y)
	for _, q := range left[1:] {
		s.to(q.x, q.y)
	}
	for i := n; i >= 0; i-- {
		s.to(right[i].x, right[i].y)
	}
	return s
}

// backdrop fills the picture from one colour at the top to another at the
// bottom.
func (p *pen) backdrop(top, bottom color.RGBA) {
	for y := 0; y < height; y++ {
		t := float64(y) / (height - 1)
		draw.Draw(p.img, image.Rect(0, y, width, y+1), image.NewUniform(mix(top, bottom, t)), image.Point{}, draw.Src)
	}
}

// mix is a at t = 0 and b at t = 1.
func mix(a, b color.RGBA, t float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x)*(1-t) + float64(y)*t)) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

func rgb(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255} }

// veil is a colour that lets what is below shine through.
func veil(c color.RGBA, alpha float64) color.NRGBA {
	return color.NRGBA{c.R, c.G, c.B, uint8(math.Round(alpha * 255))}
}

// fillRing fills what lies between two outlines of opposite direction.
func (p *pen) fillRing(outer, inner *shape, c color.Color) {
	p.r.Reset(width, height)
	p.trace(outer)
	p.trace(inner)
	p.r.Draw(p.img, p.img.Bounds(), image.NewUniform(c), image.Point{})
}
