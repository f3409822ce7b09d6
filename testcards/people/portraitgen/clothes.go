package main

import "image/color"

// clothes is what a person wears.
type clothes int

const (
	shirt clothes = iota
	suit
	polo
	roundNeck
	blouse
	aoDai // with its standing collar
	woven // with a woven band, as many peoples of the highlands wear
)

// torso is the outline of shoulders and chest; neckline says where cloth
// begins at the neck, wide and deep.
func torso(wide, high float64) *shape {
	return at(middle, high+60).curve(middle-wide*0.5, high+56, middle-wide, high+30, middle-wide-4, high).
		curve(middle-110, 506, middle-170, 514, middle-198, 548).
		curve(middle-216, 570, middle-224, 606, middle-228, 642).to(middle, 642).symmetric()
}

func (p *pen) clothes(l look) {
	switch l.wear {
	case shirt:
		p.fill(torso(58, 478), l.cloth)
		p.shoulders(l.cloth)
		p.collar(l.cloth, l.trim, 0)
		p.fill(at(middle-7, 556).to(middle+7, 556).to(middle+7, 642).to(middle-7, 642), l.trim)
		for _, y := range []float64{580, 618} {
			p.fill(ellipse(middle, y, 4, 4), mix(l.cloth, rgb(0x808890), 0.55))
		}
	case suit:
		p.fill(at(middle, 530).to(middle-52, 470).to(middle-72, 500).to(middle-40, 642).to(middle, 642).symmetric(), rgb(0xF7F7F5))
		p.collar(rgb(0xF7F7F5), rgb(0xD5D9DD), 0)
		p.tie(l.trim)
		p.jacket(l.cloth)
	case polo:
		p.fill(torso(58, 478), l.cloth)
		p.shoulders(l.cloth)
		p.fill(at(middle-10, 548).to(middle+10, 548).to(middle+10, 624).to(middle-10, 624), l.trim)
		p.collar(l.trim, mix(l.trim, rgb(0x000000), 0.25), 4)
		for _, y := range []float64{572, 602} {
			p.fill(ellipse(middle, y, 3.6, 3.6), rgb(0xF2EFE8))
		}
	case roundNeck:
		p.fill(torso(72, 488), l.cloth)
		p.shoulders(l.cloth)
		p.both(stroke(middle-76, 490, middle-62, 528, middle-34, 549, middle+2, 549, 11, 0.9), l.trim)
	case blouse:
		p.fill(torso(66, 484), l.cloth)
		p.shoulders(l.cloth)
		// an open neck with lapels
		p.fill(at(middle, 600).to(middle-64, 484).to(middle, 470).symmetric(), l.skin.base)
		p.fill(at(middle, 470).to(middle-46, 472).curve(middle-34, 500, middle-16, 516, middle, 520).symmetric(), veil(l.skin.shade, 0.28))
		p.both(at(middle-66, 478).to(middle-94, 500).curve(middle-86, 536, middle-60, 560, middle-46, 572).to(middle, 604).to(middle-10, 582).
			curve(middle-36, 552, middle-56, 516, middle-66, 478), l.trim)
	case aoDai:
		p.fill(torso(60, 462), l.cloth)
		p.fill(at(middle, 560).to(middle-66, 520).to(middle-62, 474).to(middle, 488).symmetric(), l.cloth)
		p.shoulders(l.cloth)
		p.fill(at(middle, 520).curve(middle-30, 518, middle-56, 502, middle-62, 478).to(middle-57, 444).
			curve(middle-46, 470, middle-24, 486, middle, 488).symmetric(), mix(l.cloth, rgb(0xFFFFFF), 0.08))
		p.both(stroke(middle-57, 446, middle-46, 471, middle-24, 487, middle+1, 489, 4.5, 0.9), l.trim)
		p.fill(stroke(middle, 490, middle+20, 530, middle+70, 560, middle+118, 600, 3.5, 0.9), l.trim)
		for _, b := range [][2]float64{{middle + 10, 512}, {middle + 34, 541}, {middle + 68, 564}} {
			p.fill(ellipse(b[0], b[1], 4.6, 4.6), l.trim)
		}
	case woven:
		p.fill(torso(62, 482), l.cloth)
		p.shoulders(l.cloth)
		p.fill(at(middle, 590).to(middle-20, 540).curve(middle-44, 528, middle-60, 508, middle-62, 484).to(middle, 470).symmetric(), l.skin.base)
		p.fill(at(middle, 470).to(middle-46, 472).curve(middle-34, 500, middle-16, 516, middle, 520).symmetric(), veil(l.skin.shade, 0.28))
		p.both(at(middle-66, 476).to(middle-86, 484).curve(middle-80, 530, middle-50, 556, middle-34, 568).to(middle-26, 642).to(middle+0, 642).to(middle, 590).to(middle-20, 544).
			curve(middle-44, 532, middle-62, 510, middle-66, 476), l.trim)
		light := mix(l.trim, rgb(0xFFF3D0), 0.7)
		for _, d := range [][2]float64{{72, 500}, {64, 522}, {50, 541}, {34, 556}, {17, 580}, {14, 604}, {12, 628}} {
			p.both(at(middle-d[0], d[1]-7).to(middle-d[0]+6, d[1]).to(middle-d[0], d[1]+7).to(middle-d[0]-6, d[1]), light)
		}
	}
}

// shoulders shades the arms' fall.
func (p *pen) shoulders(cloth color.RGBA) {
	dark := veil(mix(cloth, rgb(0x101828), 0.45), 0.45)
	p.both(stroke(middle-150, 560, middle-160, 590, middle-164, 620, middle-166, 650, 5, 0.5), dark)
	p.fill(at(middle+90, 512).curve(middle+160, 520, middle+200, 540, middle+212, 580).to(middle+228, 642).to(middle+150, 642).
		curve(middle+160, 590, middle+130, 540, middle+90, 512), veil(mix(cloth, rgb(0x101828), 0.5), 0.22))
}

func (p *pen) collar(cloth, edge color.RGBA, lower float64) {
	left := at(middle-56, 462+lower).curve(middle-60, 474, middle-66, 484, middle-72, 492+lower).
		to(middle-44, 566+lower).to(middle-2, 532+lower).curve(middle-30, 516, middle-48, 494, middle-56, 462+lower)
	p.both(left, edge)
	inner := at(middle-57, 462+lower).curve(middle-61, 474, middle-65, 482, middle-69, 490+lower).
		to(middle-44, 560+lower).to(middle-7, 531+lower).curve(middle-32, 514, middle-50, 492, middle-57, 462+lower)
	p.both(inner, cloth)
}

func (p *pen) tie(c color.RGBA) {
	p.fill(at(middle, 528).to(middle-15, 534).to(middle-10, 562).to(middle, 564).symmetric(), mix(c, rgb(0x000000), 0.18))
	p.fill(at(middle, 560).to(middle-9, 562).to(middle-20, 642).to(middle, 642).symmetric(), c)
	for y := 578.0; y < 640; y += 22 {
		p.fill(at(middle-13, y+8).to(middle+12, y-6).to(middle+13, y+1).to(middle-14, y+15), veil(rgb(0xFFFFFF), 0.22))
	}
}

func (p *pen) jacket(c color.RGBA) {
	p.both(at(middle-66, 488).curve(middle-110, 506, middle-170, 514, middle-198, 548).
		curve(middle-216, 570, middle-224, 606, middle-228, 642).to(middle-10, 642).
		curve(middle-46, 600, middle-66, 540, middle-66, 488), c)
	p.shoulders(c)
	p.both(at(middle-68, 484).to(middle-92, 500).to(middle-112, 548).to(middle-84, 556).to(middle-96, 574).to(middle-10, 646).
		curve(middle-44, 600, middle-62, 548, middle-68, 484), mix(c, rgb(0xFFFFFF), 0.09))
}
