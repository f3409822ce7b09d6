package face

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"sort"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// drawings are what a layout can name in a drawing element. All of them are
// ornaments and place holders of our own: none looks like the emblem, the seal
// or a security feature of a real card.
var drawings = map[string]func(*canvas, cardprofile.Element, cardprofile.Style){
	"wash":       (*canvas).wash,
	"waves":      (*canvas).waves,
	"rosette":    (*canvas).rosette,
	"chip-mark":  (*canvas).chipMark,
	"fingertip":  (*canvas).fingertip,
	"flourish":   (*canvas).flourish,
	"round-mark": (*canvas).roundMark,
}

// Drawings lists the names a drawing element can have.
func Drawings() []string {
	names := make([]string, 0, len(drawings))
	for name := range drawings {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (c *canvas) drawing(e cardprofile.Element, s cardprofile.Style) error {
	d, ok := drawings[e.Drawing]
	if !ok {
		return fmt.Errorf("no drawing %q: use one of %s", e.Drawing, strings.Join(Drawings(), ", "))
	}
	d(c, e, s)
	return nil
}

// wash is a soft passage from Fill in the corners to Colour in the middle of
// the diagonal, over the whole box.
func (c *canvas) wash(e cardprofile.Element, s cardprofile.Style) {
	from := colour(s.Fill, color.NRGBA{0xE3, 0xF1, 0xEE, 0xFF}, 1)
	to := colour(s.Colour, color.NRGBA{0xF6, 0xF3, 0xE8, 0xFF}, 1)
	low, high := c.m.apply(point{e.X, e.Y}), c.m.apply(point{e.X + e.W, e.Y + e.H})
	box := image.Rect(int(math.Round(low.x)), int(math.Round(low.y)), int(math.Round(high.x)), int(math.Round(high.y))).Intersect(c.img.Bounds())
	for y := box.Min.Y; y < box.Max.Y; y++ {
		v := float64(y-box.Min.Y) / float64(box.Dy())
		for x := box.Min.X; x < box.Max.X; x++ {
			u := float64(x-box.Min.X) / float64(box.Dx())
			d := math.Hypot((u-0.55)*1.25, (v-0.5)*0.95)
			t := math.Exp(-d * d / 0.11)
			m := mix(from, to, t)
			c.img.SetRGBA(x, y, color.RGBA{m.R, m.G, m.B, 0xFF})
		}
	}
	c.touched = c.touched.Union(box)
}

// waves is a family of fine level lines that swing around three quiet hills.
func (c *canvas) waves(e cardprofile.Element, s cardprofile.Style) {
	paint := colour(s.Colour, color.NRGBA{0x6F, 0xB5, 0xB0, 0xFF}, s.Opacity)
	width := s.Stroke
	if width == 0 {
		width = 0.1
	}
	const (
		distance = 1.15 // mm between lines
		step     = 0.6  // mm between the points of a line
	)
	for y := e.Y - 6; y < e.Y+e.H+6; y += distance {
		var points []point
		flush := func() {
			c.polyline(points, width, paint)
			points = nil
		}
		for x := e.X; x <= e.X+e.W+step/2; x += step {
			at := y + 1.9*math.Sin(x/9.5+y/7) + 0.8*math.Sin(x/4.1-y/5)
			if at < e.Y || at > e.Y+e.H {
				flush()
				continue
			}
			points = append(points, point{x, at})
		}
		flush()
	}
}

// rosette is a flower of geometric petals: where a real card has the emblem.
func (c *canvas) rosette(e cardprofile.Element, s cardprofile.Style) {
	paint := colour(s.Colour, color.NRGBA{0xC0, 0x8A, 0x2E, 0xFF}, s.Opacity)
	soft := colour(s.Fill, color.NRGBA{0xF6, 0xE7, 0xC4, 0xFF}, s.Opacity)
	x, y, r := e.X+e.W/2, e.Y+e.H/2, min(e.W, e.H)/2
	ring := func(outer, inner float64, col color.Color) {
		var p path
		p.ellipse(x, y, outer, outer, false)
		if inner > 0 {
			p.ellipse(x, y, inner, inner, true)
		}
		c.fill(&p, col)
	}
	ring(r, 0, soft)
	ring(r, r*0.95, paint)
	ring(r*0.9, r*0.885, paint)
	petals := func(n int, long, wide float64, turn float64, fill color.Color, edge float64) {
		for i := range n {
			c.turned(turn+float64(i)*360/float64(n), point{x, y}, func() {
				shape := func(p *path, inset float64, inward bool) {
					tip, half, root := y-long+inset*1.6, wide-inset, y-r*0.12
					if !inward {
						p.moveTo(x, root)
						p.curveTo(x-half, root-(root-tip)*0.35, x-half, tip+(root-tip)*0.28, x, tip)
						p.curveTo(x+half, tip+(root-tip)*0.28, x+half, root-(root-tip)*0.35, x, root)
					} else {
						p.moveTo(x, root-inset*2)
						p.curveTo(x+half, root-(root-tip)*0.35, x+half, tip+(root-tip)*0.28, x, tip)
						p.curveTo(x-half, tip+(root-tip)*0.28, x-half, root-(root-tip)*0.35, x, root-inset*2)
					}
					p.close()
				}
				if fill != nil {
					var p path
					shape(&p, 0, false)
					c.fill(&p, fill)
				}
				var p path
				shape(&p, 0, false)
				shape(&p, edge, true)
				c.fill(&p, paint)
			})
		}
	}
	petals(12, r*0.84, r*0.2, 15, mix(soft, color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}, 0.45), r*0.022)
	petals(12, r*0.62, r*0.15, 0, mix(soft, paint, 0.22), r*0.022)
	ring(r*0.2, 0, paint)
	ring(r*0.13, 0, soft)
}

// chipMark says that there is a chip inside: a small card with a dot and arcs.
func (c *canvas) chipMark(e cardprofile.Element, s cardprofile.Style) {
	paint := colour(s.Colour, color.NRGBA{0xA9, 0x7F, 0x2E, 0xFF}, s.Opacity)
	w := math.Max(s.Stroke, 0.22)
	var frame path
	frame.rect(e.X, e.Y, e.W, e.H, e.H*0.18, false)
	frame.rect(e.X+w, e.Y+w, e.W-2*w, e.H-2*w, e.H*0.18-w, true)
	c.fill(&frame, paint)
	x, y := e.X+e.W*0.27, e.Y+e.H/2
	var dot path
	dot.ellipse(x, y, e.H*0.1, e.H*0.1, false)
	c.fill(&dot, paint)
	for i := 1; i <= 3; i++ {
		r := e.H * (0.06 + 0.14*float64(i))
		var points []point
		for a := -52.0; a <= 52; a += 4 {
			sin, cos := math.Sincos(a * math.Pi / 180)
			points = append(points, point{x + r*1.25*cos, y + r*0.8*sin})
		}
		c.polyline(points, w, paint)
	}
}

// fingertip is an empty oval with a few level arcs: where a real card has a
// fingerprint.
func (c *canvas) fingertip(e cardprofile.Element, s cardprofile.Style) {
	paint := colour(s.Colour, color.NRGBA{0x8A, 0x9A, 0xA6, 0xFF}, s.Opacity)
	w := math.Max(s.Stroke, 0.16)
	x, y := e.X+e.W/2, e.Y+e.H/2
	var edge path
	edge.ellipse(x, y, e.W/2, e.H/2, false)
	edge.ellipse(x, y, e.W/2-w, e.H/2-w, true)
	c.fill(&edge, paint)
	// arches: half an ellipse, and a leg down each side to near the edge
	for i := 1; i <= 6; i++ {
		k := float64(i) / 7.2
		rx, crown := e.W/2*k, e.H/2*(0.12+0.72*k)
		spring := y + e.H*0.06
		foot := y + e.H/2*math.Sqrt(1-k*k)*0.88
		var points []point
		if foot > spring {
			points = append(points, point{x - rx, foot}, point{x - rx, (foot + spring) / 2})
		}
		for a := 180.0; a <= 360; a += 4 {
			sin, cos := math.Sincos(a * math.Pi / 180)
			points = append(points, point{x + rx*cos, spring + crown*sin})
		}
		if foot > spring {
			points = append(points, point{x + rx, (foot + spring) / 2}, point{x + rx, foot})
		}
		c.polyline(points, w, paint)
	}
}

// flourish is a line of loops: where a real card has a signature.
func (c *canvas) flourish(e cardprofile.Element, s cardprofile.Style) {
	paint := colour(s.Colour, color.NRGBA{0x24, 0x3B, 0x7A, 0xFF}, s.Opacity)
	var points []point
	for t := 0.0; t <= 1.0001; t += 0.004 {
		swing := math.Sin(math.Pi * math.Min(1, t*1.15))
		x := e.X + e.W*(0.04+0.92*t) + e.W*0.07*math.Sin(t*31)
		y := e.Y + e.H*0.55 - e.H*0.4*math.Cos(t*31)*swing*(1-0.55*t) + e.H*0.1*math.Sin(t*5)
		points = append(points, point{x, y})
	}
	c.polyline(points, math.Max(s.Stroke, 0.18), paint)
}

// roundMark is two plain rings: where a real card has a seal.
func (c *canvas) roundMark(e cardprofile.Element, s cardprofile.Style) {
	paint := colour(s.Colour, color.NRGBA{0xC6, 0x1D, 0x2B, 0xFF}, s.Opacity)
	x, y, r := e.X+e.W/2, e.Y+e.H/2, min(e.W, e.H)/2
	w := math.Max(s.Stroke, 0.25)
	for _, k := range []float64{1, 0.84} {
		var p path
		p.ellipse(x, y, r*k, r*k, false)
		p.ellipse(x, y, r*k-w, r*k-w, true)
		c.fill(&p, paint)
		w /= 2
	}
}

// contactPlate is the plate of a contact chip: eight fields around a ninth, as
// ISO/IEC 7816-2 places them, drawn plainly.
func (c *canvas) contactPlate(e cardprofile.Element) {
	gold := color.NRGBA{0xD9, 0xB4, 0x5B, 0xFF}
	light := color.NRGBA{0xF0, 0xD9, 0x95, 0xFF}
	groove := color.NRGBA{0x8C, 0x6A, 0x22, 0xFF}
	const g = 0.16 // mm, a groove's width
	var plate path
	plate.rect(e.X, e.Y, e.W, e.H, 1.6, false)
	c.fill(&plate, groove)
	var inside path
	inside.rect(e.X+g, e.Y+g, e.W-2*g, e.H-2*g, 1.6-g, false)
	c.fill(&inside, gold)
	var shine path
	shine.rect(e.X+g, e.Y+g, e.W-2*g, e.H*0.32, 1.6-g, false)
	c.fill(&shine, color.NRGBA{light.R, light.G, light.B, 0x90})

	cx, cy := e.X+e.W/2, e.Y+e.H/2
	mw, mh := e.W*0.17, e.H*0.27 // half of the middle field
	stroke := func(points ...point) { c.polyline(points, g, groove) }
	for _, side := range []float64{-1, 1} {
		edge, mid := cx+side*e.W/2, cx+side*mw
		stroke(point{edge, cy}, point{mid, cy})
		for _, v := range []float64{-1, 1} {
			row := cy + v*e.H*0.25
			knee := cx + side*e.W*0.27
			stroke(point{edge, row}, point{knee, row})
			stroke(point{knee, row}, point{mid, cy + v*mh*0.72})
		}
	}
	var middle path
	middle.rect(cx-mw, cy-mh, 2*mw, 2*mh, 0.9, false)
	c.fill(&middle, groove)
	var field path
	field.rect(cx-mw+g, cy-mh+g, 2*(mw-g), 2*(mh-g), 0.9-g, false)
	c.fill(&field, gold)
	var glow path
	glow.ellipse(cx-mw*0.1, cy-mh*0.25, mw*0.62, mh*0.5, false)
	c.fill(&glow, color.NRGBA{light.R, light.G, light.B, 0x90})
	stroke(point{cx, e.Y}, point{cx, cy - mh})
	stroke(point{cx, cy + mh}, point{cx, e.Y + e.H})
}
