package sight

import (
	"image"
	"image/color"
	"math"
)

// patch is a piece of the card, straight, in levels of 0 to 255 for red, green,
// blue and brightness.
type patch struct {
	w, h int
	c    [4][]float32
}

const bright = 3

// piece samples the rectangle at (x, y) with scale pixels per millimetre.
func (p *Picture) piece(x, y, w, h, scale float64) *patch {
	out := &patch{w: int(math.Round(w * scale)), h: int(math.Round(h * scale))}
	for i := range out.c {
		out.c[i] = make([]float32, out.w*out.h)
	}
	right, low := p.img.Rect.Dx()-1, p.img.Rect.Dy()-1
	for j := range out.h {
		for i := range out.w {
			cx, cy := x+(float64(i)+0.5)/scale, y+(float64(j)+0.5)/scale
			n := p.h[6]*cx + p.h[7]*cy + 1
			fx := (p.h[0]*cx+p.h[1]*cy+p.h[2])/n - 0.5
			fy := (p.h[3]*cx+p.h[4]*cy+p.h[5])/n - 0.5
			if !(fx >= 0 && fy >= 0 && fx < float64(right) && fy < float64(low)) {
				continue // beyond the picture it is dark
			}
			x0, y0 := int(fx), int(fy)
			tx, ty := float32(fx-float64(x0)), float32(fy-float64(y0))
			at := p.img.PixOffset(x0, y0)
			a, b := p.img.Pix[at:at+8], p.img.Pix[at+p.img.Stride:at+p.img.Stride+8]
			k := j*out.w + i
			for c := range 3 {
				up := float32(a[c])*(1-tx) + float32(a[c+4])*tx
				down := float32(b[c])*(1-tx) + float32(b[c+4])*tx
				out.c[c][k] = up*(1-ty) + down*ty
			}
			out.c[bright][k] = 0.299*out.c[0][k] + 0.587*out.c[1][k] + 0.114*out.c[2][k]
		}
	}
	return out
}

// grey is the patch as an image.
func (p *patch) grey() *image.Gray {
	g := image.NewGray(image.Rect(0, 0, p.w, p.h))
	for i, v := range p.c[bright] {
		g.Pix[i] = uint8(v)
	}
	return g
}

// patchOf is an image scaled to w × h pixels, each the mean of what it covers.
func patchOf(img image.Image, part image.Rectangle, w, h int) *patch {
	out := &patch{w: w, h: h}
	for i := range out.c {
		out.c[i] = make([]float32, w*h)
	}
	for y := range h {
		y0, y1 := part.Min.Y+y*part.Dy()/h, part.Min.Y+(y+1)*part.Dy()/h
		for x := range w {
			x0, x1 := part.Min.X+x*part.Dx()/w, part.Min.X+(x+1)*part.Dx()/w
			var sum [3]int
			n := 0
			for j := y0; j < max(y1, y0+1); j++ {
				for i := x0; i < max(x1, x0+1); i++ {
					c := color.RGBAModel.Convert(img.At(i, j)).(color.RGBA)
					sum[0], sum[1], sum[2], n = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B), n+1
				}
			}
			k := y*w + x
			for c := range sum {
				out.c[c][k] = float32(sum[c]) / float32(n)
			}
			out.c[bright][k] = 0.299*out.c[0][k] + 0.587*out.c[1][k] + 0.114*out.c[2][k]
		}
	}
	return out
}

// alike is the normalised correlation of t with the piece of p at (x, y) in one
// plane, -1 to 1; where either is even it is 0.
func (p *patch) alike(t *patch, plane, x, y int) float64 {
	var sp, st, spp, stt, spt float64
	for j := range t.h {
		a := p.c[plane][(y+j)*p.w+x:][:t.w]
		b := t.c[plane][j*t.w:][:t.w]
		for i := range b {
			u, v := float64(a[i]), float64(b[i])
			sp, st, spp, stt, spt = sp+u, st+v, spp+u*u, stt+v*v, spt+u*v
		}
	}
	n := float64(t.w * t.h)
	vp, vt := spp-sp*sp/n, stt-st*st/n
	if vp < n || vt < n { // less than one level of deviation
		return 0
	}
	return (spt - sp*st/n) / math.Sqrt(vp*vt)
}

// deviation is how far levels differ from their mean in a plane.
func (p *patch) deviation(plane, x, y, w, h int) float64 {
	var s, ss float64
	for j := range h {
		for _, v := range p.c[plane][(y+j)*p.w+x:][:w] {
			s, ss = s+float64(v), ss+float64(v)*float64(v)
		}
	}
	n := float64(w * h)
	return math.Sqrt(math.Max(0, ss/n-s*s/n/n))
}
