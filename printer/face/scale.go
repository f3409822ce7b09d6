package face

import (
	"image"
	"math"

	"golang.org/x/image/draw"
)

// tap is a source line or column and what it counts for.
type tap struct {
	at     int
	weight float64
}

// taps are what each of n destination lines takes from size source lines under the
// Catmull-Rom kernel, with the inverse of the sum of their weights.
func taps(n, size int) (list [][]tap, inverse []float64) {
	kernel := draw.CatmullRom
	scale := float64(size) / float64(n)
	reach, narrow := kernel.Support, 1.0
	if scale > 1 { // when shrinking, every source line counts
		reach, narrow = reach*scale, 1/scale
	}
	list, inverse = make([][]tap, n), make([]float64, n)
	for i := range n {
		centre := (float64(i)+0.5)*scale - 0.5
		sum := 0.0
		for at := max(int(math.Floor(centre-reach)), 0); at < min(int(math.Ceil(centre+reach)), size); at++ {
			distance := math.Abs((centre - float64(at)) * narrow)
			if distance >= kernel.Support {
				continue
			}
			if w := kernel.At(distance); w != 0 {
				sum += w
				list[i] = append(list[i], tap{at, w})
			}
		}
		inverse[i] = 1 / sum
	}
	return list, inverse
}

// scaled draws part of a picture into box: what draw.CatmullRom.Scale with draw.Src
// makes of it, to the last bit. That one works a pixel's colour out anew for every
// pixel that it counts for; here it is done once a pixel.
func scaled(dst *image.RGBA, box image.Rectangle, img image.Image, part image.Rectangle) {
	src, ok := img.(*image.YCbCr)
	if !ok || !box.In(dst.Bounds()) || !part.In(img.Bounds()) || part.Empty() {
		draw.CatmullRom.Scale(dst, box, img, part, draw.Src, nil)
		return
	}
	w, h := box.Dx(), box.Dy()
	across, inAcross := taps(w, part.Dx())
	down, inDown := taps(h, part.Dy())
	// Rows of the source at the destination's width, three channels from 0 to 1.
	narrow := make([]float64, 3*w*part.Dy())
	row := make([]float64, 3*part.Dx())
	for y := range part.Dy() {
		linear(row, src, part.Min.X, part.Min.Y+y)
		out := narrow[3*w*y : 3*w*(y+1)]
		for x, list := range across {
			var r, g, b float64
			for _, t := range list {
				p := row[3*t.at : 3*t.at+3 : 3*t.at+3]
				r += float64(p[0] * t.weight)
				g += float64(p[1] * t.weight)
				b += float64(p[2] * t.weight)
			}
			one := inAcross[x] / 0xFFFF
			out[3*x], out[3*x+1], out[3*x+2] = r*one, g*one, b*one
		}
	}
	sum := make([]float64, 3*w)
	for y, list := range down {
		clear(sum)
		whole := 0.0
		for _, t := range list {
			whole += t.weight
			in := narrow[3*w*t.at : 3*w*(t.at+1)]
			for i, v := range in {
				sum[i] += float64(v * t.weight)
			}
		}
		d := dst.PixOffset(box.Min.X, box.Min.Y+y)
		pix := dst.Pix[d : d+4*w : d+4*w]
		opaque := channel(whole * inDown[y])
		for x := range w {
			for i := range 3 {
				pix[4*x+i] = channel(min(sum[3*x+i], whole) * inDown[y])
			}
			pix[4*x+3] = opaque
		}
	}
}

// linear is a row of the picture from x on, three channels a pixel from 0 to 65,535.
func linear(row []float64, src *image.YCbCr, x, y int) {
	for i := range len(row) / 3 {
		p, q := src.YOffset(x+i, y), src.COffset(x+i, y)
		luma, blue, red := int(src.Y[p])*0x10101, int(src.Cb[q])-128, int(src.Cr[q])-128
		// JFIF 1.02, in 16.16 fixed point.
		row[3*i] = float64(min(max((luma+91881*red)>>8, 0), 0xFFFF))
		row[3*i+1] = float64(min(max((luma-22554*blue-46802*red)>>8, 0), 0xFFFF))
		row[3*i+2] = float64(min(max((luma+116130*blue)>>8, 0), 0xFFFF))
	}
}

// channel brings 0 to 1 into a byte.
func channel(v float64) uint8 {
	return uint8(min(max(int(float64(0xFFFF*v)+0.5), 0), 0xFFFF) >> 8)
}
