package face

import "image"

// layer is a prepared picture that lies over every card of a profile. It is mostly
// empty between its letters, and where it is not it mostly covers what is below: both
// are known beforehand.
type layer struct {
	img *image.RGBA
	// stretches are the pixels that change what is below, row by row.
	stretches []stretch
}

// stretch is a piece of a row, from inclusive, to exclusive; cover: all of it is opaque.
type stretch struct {
	y, from, to int
	cover       bool
}

// minCover is how many opaque pixels in a row are worth a stretch of their own.
const minCover = 8

func newLayer(img *image.RGBA) *layer {
	l := &layer{img: img}
	b := img.Bounds()
	alpha := func(x, y int) uint8 { return img.Pix[img.PixOffset(x, y)+3] }
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; {
			if alpha(x, y) == 0 {
				x++
				continue
			}
			from := x
			for x < b.Max.X && alpha(x, y) == 0xFF {
				x++
			}
			if x-from >= minCover {
				l.stretches = append(l.stretches, stretch{y, from, x, true})
				continue
			}
			for solid := 0; x < b.Max.X && alpha(x, y) != 0; x++ {
				if alpha(x, y) != 0xFF {
					solid = 0
				} else if solid++; solid == minCover {
					x -= minCover - 1 // they begin a stretch of their own
					break
				}
			}
			l.stretches = append(l.stretches, stretch{y, from, x, false})
		}
	}
	return l
}

// over lays the picture over dst, as draw.Draw with draw.Over does and with the same
// result to the last bit.
func (l *layer) over(dst *image.RGBA) {
	for _, s := range l.stretches {
		n := 4 * (s.to - s.from)
		d, p := dst.PixOffset(s.from, s.y), l.img.PixOffset(s.from, s.y)
		below, above := dst.Pix[d:d+n:d+n], l.img.Pix[p:p+n:p+n]
		if s.cover {
			copy(below, above)
			continue
		}
		for i := 0; i+4 <= n; i += 4 {
			// 16 bits a channel, premultiplied: below × (1 − alpha) + above.
			const full = 0xFFFF
			left := (full - uint32(above[i+3])*0x101) * 0x101
			for j := i; j < i+4; j++ {
				below[j] = uint8((uint32(below[j])*left/full + uint32(above[j])*0x101) >> 8)
			}
		}
	}
}
