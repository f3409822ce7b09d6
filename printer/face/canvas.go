package face

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"

	"golang.org/x/image/vector"
)

const mmPerInch = 25.4

// mmPerPoint turns typographic points into millimetres.
const mmPerPoint = mmPerInch / 72

// pixels is a length in whole pixels at dpi.
func pixels(mm float64, dpi int) int { return int(math.Round(mm * float64(dpi) / mmPerInch)) }

// point is a place in millimetres, Y downwards.
type point struct{ x, y float64 }

// affine maps millimetres to pixels: x' = a·x + b·y + c, y' = d·x + e·y + f.
type affine struct{ a, b, c, d, e, f float64 }

func scaling(s float64) affine { return affine{a: s, e: s} }

func (m affine) apply(p point) point {
	return point{m.a*p.x + m.b*p.y + m.c, m.d*p.x + m.e*p.y + m.f}
}

// then is m after n: first n maps, then m.
func (m affine) after(n affine) affine {
	return affine{
		a: m.a*n.a + m.b*n.d, b: m.a*n.b + m.b*n.e, c: m.a*n.c + m.b*n.f + m.c,
		d: m.d*n.a + m.e*n.d, e: m.d*n.b + m.e*n.e, f: m.d*n.c + m.e*n.f + m.f,
	}
}

// rotation turns by degrees clockwise around p.
func rotation(degrees float64, p point) affine {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return affine{a: cos, b: -sin, c: p.x - cos*p.x + sin*p.y, d: sin, e: cos, f: p.y - sin*p.x - cos*p.y}
}

// canvas is a picture that is drawn on in millimetres.
type canvas struct {
	img   *image.RGBA
	scale float64 // pixels per millimetre
	m     affine  // millimetres to pixels
	r     vector.Rasterizer
	// touched is what has been drawn on so far.
	touched image.Rectangle
}

func newCanvas(w, h int, scale float64) *canvas {
	return &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), scale: scale, m: scaling(scale)}
}

// turned draws with everything rotated clockwise around p.
func (c *canvas) turned(degrees float64, p point, drawing func()) {
	if degrees == 0 {
		drawing()
		return
	}
	old := c.m
	c.m = old.after(rotation(degrees, p))
	drawing()
	c.m = old
}

// path is an outline in millimetres.
type path struct{ ops []op }

type op struct {
	kind byte // 'M', 'L', 'C', 'Z'
	p    [3]point
}

func (p *path) moveTo(x, y float64) { p.ops = append(p.ops, op{'M', [3]point{{x, y}}}) }
func (p *path) lineTo(x, y float64) { p.ops = append(p.ops, op{'L', [3]point{{x, y}}}) }
func (p *path) curveTo(x1, y1, x2, y2, x, y float64) {
	p.ops = append(p.ops, op{'C', [3]point{{x1, y1}, {x2, y2}, {x, y}}})
}
func (p *path) close() { p.ops = append(p.ops, op{kind: 'Z'}) }

// arc is the part of a quarter circle's tangent that a cubic curve takes.
const arc = 0.5522847498

// rect adds a rectangle with round corners of radius r; inward says that its
// outline runs the other way, which cuts it out of what is around it.
func (p *path) rect(x, y, w, h, r float64, inward bool) {
	r = math.Max(0, math.Min(r, math.Min(w, h)/2))
	k := r * (1 - arc)
	x2, y2 := x+w, y+h
	if !inward {
		p.moveTo(x+r, y)
		p.lineTo(x2-r, y)
		p.curveTo(x2-k, y, x2, y+k, x2, y+r)
		p.lineTo(x2, y2-r)
		p.curveTo(x2, y2-k, x2-k, y2, x2-r, y2)
		p.lineTo(x+r, y2)
		p.curveTo(x+k, y2, x, y2-k, x, y2-r)
		p.lineTo(x, y+r)
		p.curveTo(x, y+k, x+k, y, x+r, y)
	} else {
		p.moveTo(x+r, y)
		p.curveTo(x+k, y, x, y+k, x, y+r)
		p.lineTo(x, y2-r)
		p.curveTo(x, y2-k, x+k, y2, x+r, y2)
		p.lineTo(x2-r, y2)
		p.curveTo(x2-k, y2, x2, y2-k, x2, y2-r)
		p.lineTo(x2, y+r)
		p.curveTo(x2, y+k, x2-k, y, x2-r, y)
		p.lineTo(x+r, y)
	}
	p.close()
}

func (p *path) ellipse(cx, cy, rx, ry float64, inward bool) {
	kx, ky := rx*arc, ry*arc
	if inward {
		ry, ky = -ry, -ky
	}
	p.moveTo(cx+rx, cy)
	p.curveTo(cx+rx, cy+ky, cx+kx, cy+ry, cx, cy+ry)
	p.curveTo(cx-kx, cy+ry, cx-rx, cy+ky, cx-rx, cy)
	p.curveTo(cx-rx, cy-ky, cx-kx, cy-ry, cx, cy-ry)
	p.curveTo(cx+kx, cy-ry, cx+rx, cy-ky, cx+rx, cy)
	p.close()
}

// fill paints the inside of a path.
func (c *canvas) fill(p *path, paint color.Color) {
	low := point{math.Inf(1), math.Inf(1)}
	high := point{math.Inf(-1), math.Inf(-1)}
	grow := func(q point) {
		low.x, low.y = math.Min(low.x, q.x), math.Min(low.y, q.y)
		high.x, high.y = math.Max(high.x, q.x), math.Max(high.y, q.y)
	}
	for _, o := range p.ops {
		switch o.kind {
		case 'M', 'L':
			grow(c.m.apply(o.p[0]))
		case 'C':
			grow(c.m.apply(o.p[0]))
			grow(c.m.apply(o.p[1]))
			grow(c.m.apply(o.p[2]))
		}
	}
	if !(low.x <= high.x) {
		return
	}
	const far = 1 << 14
	if low.x < -far || low.y < -far || high.x > far || high.y > far {
		return // no card is that large; a layout has been checked before
	}
	box := image.Rect(int(math.Floor(low.x)), int(math.Floor(low.y)), int(math.Ceil(high.x))+1, int(math.Ceil(high.y))+1)
	c.r.Reset(box.Dx(), box.Dy())
	ox, oy := float64(box.Min.X), float64(box.Min.Y)
	at := func(q point) (float32, float32) {
		q = c.m.apply(q)
		return float32(q.x - ox), float32(q.y - oy)
	}
	for _, o := range p.ops {
		switch o.kind {
		case 'M':
			c.r.MoveTo(at(o.p[0]))
		case 'L':
			c.r.LineTo(at(o.p[0]))
		case 'C':
			x1, y1 := at(o.p[0])
			x2, y2 := at(o.p[1])
			x3, y3 := at(o.p[2])
			c.r.CubeTo(x1, y1, x2, y2, x3, y3)
		case 'Z':
			c.r.ClosePath()
		}
	}
	clip := box.Intersect(c.img.Bounds())
	if clip.Empty() {
		return
	}
	if clip == box {
		c.r.Draw(c.img, box, image.NewUniform(paint), image.Point{})
	} else {
		// The rasterizer draws its whole size: what lies outside goes to a mask.
		mask := image.NewAlpha(box)
		c.r.Draw(mask, box, image.Opaque, image.Point{})
		draw.DrawMask(c.img, clip, image.NewUniform(paint), image.Point{}, mask, clip.Min, draw.Over)
	}
	c.touched = c.touched.Union(clip)
}

// polyline paints an open line of the given width through points that lie close
// to one another; its ends are flat.
func (c *canvas) polyline(points []point, width float64, paint color.Color) {
	if len(points) < 2 {
		return
	}
	var p path
	half := width / 2
	type side struct{ x, y float64 }
	var left, right []side
	for i, q := range points {
		// the direction at a point is that of its neighbours
		before, after := points[max(i-1, 0)], points[min(i+1, len(points)-1)]
		dx, dy := after.x-before.x, after.y-before.y
		l := math.Hypot(dx, dy)
		if l == 0 {
			continue
		}
		left = append(left, side{q.x + dy/l*half, q.y - dx/l*half})
		right = append(right, side{q.x - dy/l*half, q.y + dx/l*half})
	}
	if len(left) < 2 {
		return
	}
	p.moveTo(left[0].x, left[0].y)
	for _, s := range left[1:] {
		p.lineTo(s.x, s.y)
	}
	for i := len(right) - 1; i >= 0; i-- {
		p.lineTo(right[i].x, right[i].y)
	}
	p.close()
	c.fill(&p, paint)
}

// colour reads #RRGGBB or #RRGGBBAA; empty is the default. Layouts are checked
// when they are loaded, so that anything else is the default too.
func colour(text string, otherwise color.NRGBA, opacity float64) color.NRGBA {
	out := otherwise
	if len(text) == 7 || len(text) == 9 {
		if v, err := strconv.ParseUint(text[1:], 16, 32); err == nil {
			if len(text) == 7 {
				v = v<<8 | 0xFF
			}
			out = color.NRGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), uint8(v)}
		}
	}
	if opacity > 0 && opacity < 1 {
		out.A = uint8(math.Round(float64(out.A) * opacity))
	}
	return out
}

// mix is a at t = 0 and b at t = 1.
func mix(a, b color.NRGBA, t float64) color.NRGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x)*(1-t) + float64(y)*t)) }
	return color.NRGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), m(a.A, b.A)}
}
