package main

import (
	"image"
	"image/color"
)

// middle is the face's middle line.
const middle = width / 2

// portrait draws one person, from what is behind to what is in front.
func portrait(l look) *image.RGBA {
	p := newPen()
	p.backdrop(mix(l.backdrop, rgb(0xFFFFFF), 0.55), l.backdrop)
	p.hairBehind(l)
	p.neck(l)
	p.clothes(l)
	p.ears(l)
	p.face(l)
	p.brows(l)
	p.eyes(l)
	p.nose(l)
	p.mouth(l)
	p.lines(l)
	p.hairInFront(l)
	if l.glasses != none {
		p.glasses(l)
	}
	return p.img
}

func (p *pen) neck(l look) {
	half := 44 + (l.jaw-66)*0.45
	p.fill(at(middle, 340).to(middle-half, 350).curve(middle-half, 420, middle-half, 450, middle-half-4, 478).
		curve(middle-half-12, 506, middle-150, 520, middle-190, 560).to(middle-190, 640).to(middle, 640).symmetric(), l.skin.base)
	// the chin's shadow on the neck
	p.fill(at(middle-half, 380).curve(middle-half+10, l.chin+12, middle-30, l.chin+38, middle+4, l.chin+38).
		curve(middle+34, l.chin+38, middle+half-6, l.chin+16, middle+half, 390).to(middle+half, 372).to(middle-half, 372), l.skin.shade)
}

func (p *pen) ears(l look) {
	x := middle - l.wide - 3
	p.both(ellipse(x, 278, 15, 29), l.skin.base)
	p.both(ellipse(x-1, 279, 8, 18), l.skin.shade)
	if l.earrings {
		p.both(ellipse(x-2, 311, 5.5, 5.5), rgb(0xE8D9A8))
		p.both(ellipse(x-3, 309.5, 2, 2), rgb(0xFFFFFF))
	}
}

func outline(l look, inset float64) *shape {
	w, j := l.wide-inset, l.jaw-inset
	return at(middle, 116).curve(middle-66, 116, middle-w, 158, middle-w, 246).
		curve(middle-w, 306, middle-w*0.97, 336, middle-j, 370).
		curve(middle-j+18, l.chin-26, middle-34, l.chin-inset, middle, l.chin-inset).symmetric()
}

func (p *pen) face(l look) {
	p.fill(outline(l, 0), l.skin.base)
	// the side away from the light
	w, j := l.wide, l.jaw
	p.fill(at(middle+w-30, 170).curve(middle+w-6, 190, middle+w, 215, middle+w, 246).
		curve(middle+w, 306, middle+w*0.97, 336, middle+j, 370).
		curve(middle+j-18, l.chin-26, middle+34, l.chin, middle+2, l.chin).
		curve(middle+40, l.chin-18, middle+j-26, l.chin-52, middle+j-16, 350).
		curve(middle+w-14, 310, middle+w-18, 240, middle+w-30, 170), veil(l.skin.shade, 0.5))
	// light on the forehead and the cheek
	p.fill(ellipse(middle-26, 196, 46, 26), veil(l.skin.light, 0.55))
	p.fill(ellipse(middle-l.wide*0.55, 318, 24, 16), veil(l.skin.light, 0.5))
	blush := 0.16
	if l.lips {
		blush = 0.26
	}
	p.both(ellipse(middle-l.wide*0.58, 332, 27, 17), veil(l.skin.lip, blush))
	if l.beard > 0 {
		shade := min(l.beard, 0.6) * 0.34
		p.fill(at(middle, 346).curve(middle-40, 344, middle-j+6, 352, middle-j-3, 362).
			curve(middle-j+18, l.chin-24, middle-34, l.chin, middle, l.chin).symmetric(), veil(rgb(0x4B4A52), shade*0.6))
	}
}

func (p *pen) brows(l look) {
	tint := mix(l.hairTint, l.skin.shade, 0.12)
	if l.age < 2 && l.hairTint == silver {
		tint = grey
	}
	p.both(stroke(middle-24, 236, middle-40, 225, middle-58, 224, middle-76, 234, l.brow, 0.35), tint)
}

func (p *pen) eyes(l look) {
	const cx, cy = middle - 47, 268
	open := 10.5 * l.eye
	// the hollow of the eye
	p.both(ellipse(cx, cy-8, 31, 15), veil(l.skin.shade, 0.22))
	almond := at(cx+24, cy+3).curve(cx+14, cy+open*0.95, cx-12, cy+open*0.95, cx-24, cy-1).
		curve(cx-13, cy-open*1.25, cx+10, cy-open*1.25, cx+24, cy+3)
	p.both(almond, rgb(0xFBFAF8))
	iris := min(9.6, open*0.98)
	p.both(ellipse(cx, cy-1, 9.4, iris), rgb(0x3B2A22))
	p.both(ellipse(cx, cy-1, 4.6, min(4.6, iris)), rgb(0x120D0D))
	for _, x := range []float64{cx - 3.2, width - cx - 3.2} {
		p.fill(ellipse(x, cy-4, 2.3, 2.3), rgb(0xFFFFFF))
	}
	lid := 4.2
	if l.lips {
		lid = 5.4
	}
	p.both(stroke(cx+24, cy+3, cx+10, cy-open*1.3, cx-13, cy-open*1.3, cx-26, cy-2, lid, 0.45), rgb(0x2A2022))
	if l.lips {
		p.both(stroke(cx-22, cy-4, cx-26, cy-6, cx-29, cy-8, cx-32, cy-11, 4, 0.3), rgb(0x2A2022))
	}
	// the fold of the upper lid and the lower lid
	p.both(stroke(cx+20, cy-open*0.9-3, cx+8, cy-open*1.3-6, cx-12, cy-open*1.3-6, cx-25, cy-open*0.6-4, 2.2, 0.3), veil(l.skin.shade, 0.9))
	p.both(stroke(cx+16, cy+open*0.8+1.5, cx+6, cy+open*1.0+2, cx-8, cy+open*1.0+2, cx-17, cy+open*0.7+1, 1.8, 0.3), veil(l.skin.shade, 0.8))
}

func (p *pen) nose(l look) {
	n := l.nose
	p.fill(at(middle+4, 262).curve(middle+12, 286, middle+n-2, 312, middle+n, 326).
		curve(middle+n+1, 336, middle+8, 338, middle, 338).curve(middle+10, 328, middle+7, 290, middle+4, 262), veil(l.skin.shade, 0.42))
	p.fill(stroke(middle-3, 262, middle-4, 285, middle-5, 300, middle-4, 318, 6, 0.3), veil(l.skin.light, 0.75))
	p.fill(stroke(middle-n, 326, middle-n+2, 338, middle-6, 334, middle, 340, 3.6, 0.4), l.skin.shade)
	p.fill(stroke(middle+n, 326, middle+n-2, 338, middle+6, 334, middle, 340, 3.6, 0.4), l.skin.shade)
	p.both(ellipse(middle-n*0.45, 335, 4.2, 2.3), veil(mix(l.skin.shade, rgb(0x3A1E18), 0.5), 0.9))
}

func (p *pen) mouth(l look) {
	const y = 377
	half, lip := 33.0, l.skin.lip
	fullness := 0.85
	if l.lips {
		lip = mix(l.skin.lip, rgb(0xC2404C), 0.55)
		half, fullness = 31, 1.15
	}
	end := y - l.smile
	p.fill(at(middle, y-8*fullness).curve(middle-8, y-12*fullness, middle-18, y-5*fullness, middle-half, end).
		curve(middle-20, y+3, middle-8, y+3, middle, y+3).symmetric(), mix(lip, l.skin.shade, 0.25))
	p.fill(at(middle, y).curve(middle-10, y, middle-22, y+1, middle-half, end).
		curve(middle-22, y+13*fullness, middle-10, y+15*fullness, middle, y+15*fullness).symmetric(), lip)
	p.fill(ellipse(middle-4, y+8*fullness, 10, 2.8), veil(rgb(0xFFFFFF), 0.22))
	p.fill(stroke(middle-half-2, end-1, middle-14, y+4, middle+14, y+4, middle+half+2, end-1, 3.2, 0.45), mix(lip, rgb(0x3A1512), 0.6))
	p.fill(stroke(middle-14, y+25, middle-6, y+28, middle+6, y+28, middle+14, y+25, 4, 0.2), veil(l.skin.shade, 0.7))
	if l.beard > 1 {
		p.fill(at(middle, 351).curve(middle-16, 349, middle-36, 356, middle-42, y-l.smile-2).
			curve(middle-26, 366, middle-10, 364, middle, 366).symmetric(), veil(mix(l.hairTint, l.skin.shade, 0.15), 0.9))
	}
}

// lines are those that age draws, and a mole.
func (p *pen) lines(l look) {
	c := veil(l.skin.shade, 0.85)
	if l.age > 0 {
		p.both(stroke(middle-31, 338, middle-44, 350, middle-48, 362, middle-46, 380, 3, 0.25), c)
		p.both(stroke(middle-64, 290, middle-54, 297, middle-44, 298, middle-32, 294, 2.4, 0.25), c)
	}
	if l.age > 1 {
		for i := 0.0; i < 3; i++ {
			p.fill(stroke(middle-52+6*i, 176+14*i, middle-18, 170+14*i, middle+18, 170+14*i, middle+52-6*i, 176+14*i, 2.4, 0.2), c)
		}
		for i := -1.0; i <= 1; i++ {
			p.both(stroke(middle-78, 268+2*i, middle-83, 268+4*i, middle-87, 268+7*i, middle-90, 268+10*i, 2.2, 0.3), c)
		}
		p.both(stroke(middle-50, 396, middle-52, 404, middle-51, 410, middle-47, 416, 2.4, 0.25), c)
	}
	if l.mole != [2]float64{} {
		p.fill(ellipse(l.mole[0], l.mole[1], 3.4, 3.4), rgb(0x4A2C24))
	}
}

func (p *pen) glasses(l look) {
	ring := func(cx float64, dark color.Color) {
		outer, inner := ellipse(cx, 270, 39, 30), ellipse(cx, 270, 34.5, 25.5)
		// the inner outline runs the other way round, which leaves it open
		for i, j := 0, len(inner.pts)-2; i < j; i, j = i+2, j-2 {
			inner.pts[i], inner.pts[j] = inner.pts[j], inner.pts[i]
			inner.pts[i+1], inner.pts[j+1] = inner.pts[j+1], inner.pts[i+1]
		}
		p.fillRing(outer, inner, dark)
		p.fill(stroke(cx-20, 258, cx-14, 250, cx-8, 248, cx, 247, 3.4, 0.2), veil(rgb(0xFFFFFF), 0.5))
	}
	ring(middle-47, l.glasses)
	ring(middle+47, l.glasses)
	p.fill(stroke(middle-10, 266, middle-5, 260, middle+5, 260, middle+10, 266, 4.5, 0.9), l.glasses)
	p.both(at(middle-84, 262).to(middle-l.wide-4, 256).to(middle-l.wide-4, 262).to(middle-84, 269), l.glasses)
}
