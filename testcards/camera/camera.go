package camera

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Smudge is an oval of dirt on the card.
type Smudge struct {
	X, Y, RX, RY float64 // middle and half axes, millimetres from the card's top left corner
	Strength     float64 // 0 is none, 1 is opaque
}

// Options is how a picture is taken.
type Options struct {
	Scale  float64 // pixels of the picture per millimetre; 0 is 16
	Rotate float64 // degrees clockwise
	X, Y   float64 // displacement of the card in the tray, millimetres
	PrintX float64 // displacement of the print on the card, millimetres
	PrintY float64
	Blur   float64 // standard deviation, pixels
	Noise  float64 // standard deviation, levels of 255
	Light  float64 // how much darker the right edge is than the left, 0 to 1
	Tray   uint8   // brightness of the tray
	Smudge []Smudge
	Seed   uint64
}

// Draw draws the options of a camera that works: within these no good card may be
// refused.
func Draw(seed uint64) Options {
	r := rand.New(rand.NewPCG(seed, 0xCA3E7A))
	span := func(low, high float64) float64 { return low + (high-low)*r.Float64() }
	return Options{
		Scale: span(13, 15), Rotate: span(-4, 4), X: span(-2, 2), Y: span(-2, 2),
		PrintX: span(-0.25, 0.25), PrintY: span(-0.25, 0.25),
		Blur: span(0, 0.8), Noise: span(0, 8), Light: span(0, 0.25), Tray: uint8(span(20, 60)), Seed: seed,
	}
}

// grain is noise of deviation 1, pieces of which are laid over a picture.
var grain = func() []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]float32, 1<<16)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}()

// margin of tray around the card, millimetres.
const margin = 7.0

// Take draws the picture of a card whose face was printed; a nil face is a blank.
func Take(face *image.RGBA, o Options) *image.RGBA {
	if o.Scale == 0 {
		o.Scale = 16
	}
	r := rand.New(rand.NewPCG(o.Seed, 0x5EED))
	w := int((cardprofile.CardWidth + 2*margin) * o.Scale)
	h := int((cardprofile.CardHeight + 2*margin) * o.Scale)
	planes := [3][]float32{make([]float32, w*h), make([]float32, w*h), make([]float32, w*h)}
	sin, cos := math.Sincos(o.Rotate * math.Pi / 180)
	for y := range h {
		for x := range w {
			// the place on the card, millimetres
			px := (float64(x)+0.5-float64(w)/2)/o.Scale - o.X
			py := (float64(y)+0.5-float64(h)/2)/o.Scale - o.Y
			cx, cy := px*cos+py*sin+cardprofile.CardWidth/2, -px*sin+py*cos+cardprofile.CardHeight/2
			c := [3]float64{float64(o.Tray), float64(o.Tray), float64(o.Tray)}
			if cover := onCard(cx, cy, o.Scale); cover > 0 {
				at := printed(face, cx-o.PrintX, cy-o.PrintY)
				for _, s := range o.Smudge {
					if d := math.Hypot((cx-s.X)/s.RX, (cy-s.Y)/s.RY); d < 1 {
						a := s.Strength * math.Min(1, 4*(1-d))
						for i := range at {
							at[i] = at[i]*(1-a) + 45*a
						}
					}
				}
				for i := range c {
					c[i] = c[i]*(1-cover) + at[i]*cover
				}
			}
			light := 1 - o.Light*float64(x)/float64(w)
			for i := range c {
				planes[i][y*w+x] = float32(c[i] * light)
			}
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range planes {
		if o.Blur > 0.2 {
			blur(planes[i], w, h, o.Blur)
		}
		var at uint64
		for p, v := range planes[i] {
			if p%256 == 0 {
				at = r.Uint64() % uint64(len(grain)-256)
			}
			v += grain[at+uint64(p%256)] * float32(o.Noise)
			out.Pix[4*p+i] = uint8(max(0, min(255, v+0.5)))
			out.Pix[4*p+3] = 255
		}
	}
	return out
}

// onCard is how much of a pixel lies on the card.
func onCard(x, y, scale float64) float64 {
	const radius = cardprofile.CardCornerRadius
	qx := math.Abs(x-cardprofile.CardWidth/2) - (cardprofile.CardWidth/2 - radius)
	qy := math.Abs(y-cardprofile.CardHeight/2) - (cardprofile.CardHeight/2 - radius)
	inside := radius - math.Hypot(math.Max(qx, 0), math.Max(qy, 0)) - math.Min(math.Max(qx, qy), 0)
	return math.Max(0, math.Min(1, inside*scale+0.5))
}

// printed is the colour of the face at a place; bare card around it is white.
func printed(face *image.RGBA, x, y float64) [3]float64 {
	bare := [3]float64{244, 244, 242}
	if face == nil {
		return bare
	}
	b := face.Bounds()
	fx := x/cardprofile.CardWidth*float64(b.Dx()) - 0.5
	fy := y/cardprofile.CardHeight*float64(b.Dy()) - 0.5
	if fx < -0.5 || fy < -0.5 || fx > float64(b.Dx())-0.5 || fy > float64(b.Dy())-0.5 {
		return bare
	}
	x0, y0 := int(math.Floor(fx)), int(math.Floor(fy))
	tx, ty := fx-float64(x0), fy-float64(y0)
	at := func(x, y int) color.RGBA {
		return face.RGBAAt(b.Min.X+max(0, min(x, b.Dx()-1)), b.Min.Y+max(0, min(y, b.Dy()-1)))
	}
	var out [3]float64
	for _, p := range []struct {
		c color.RGBA
		w float64
	}{{at(x0, y0), (1 - tx) * (1 - ty)}, {at(x0+1, y0), tx * (1 - ty)}, {at(x0, y0+1), (1 - tx) * ty}, {at(x0+1, y0+1), tx * ty}} {
		out[0] += float64(p.c.R) * p.w
		out[1] += float64(p.c.G) * p.w
		out[2] += float64(p.c.B) * p.w
	}
	return out
}

// blur is a Gaussian along rows and then along columns.
func blur(v []float32, w, h int, sigma float64) {
	n := int(math.Ceil(3 * sigma))
	kernel := make([]float32, 2*n+1)
	var sum float32
	for i := range kernel {
		kernel[i] = float32(math.Exp(-float64((i-n)*(i-n)) / (2 * sigma * sigma)))
		sum += kernel[i]
	}
	row := make([]float32, max(w, h))
	pass := func(start, stride, length int) {
		for i := range length {
			row[i] = v[start+i*stride]
		}
		for i := range length {
			var s float32
			for k, g := range kernel {
				s += g * row[max(0, min(length-1, i+k-n))]
			}
			v[start+i*stride] = s / sum
		}
	}
	for y := range h {
		pass(y*w, 1, w)
	}
	for x := range w {
		pass(x, w, h)
	}
}
