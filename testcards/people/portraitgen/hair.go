package main

// style is a way to wear the hair.
type style int

const (
	sidePart style = iota
	crewCut
	undercut
	fringe
	curly
	receding
	longCentre
	bob
	bun
	permed
	ponytail
	shoulder
)

// hairBehind draws what hangs or stands behind neck and shoulders.
func (p *pen) hairBehind(l look) {
	c := mix(l.hairTint, rgb(0x000000), 0.22)
	w := l.wide
	switch l.hair {
	case longCentre:
		p.fill(at(middle, 74).curve(middle-80, 72, middle-w-34, 130, middle-w-30, 240).
			curve(middle-w-28, 360, middle-w-52, 440, middle-w-34, 560).to(middle, 570).symmetric(), c)
	case shoulder:
		p.fill(at(middle, 76).curve(middle-80, 74, middle-w-36, 130, middle-w-34, 240).
			curve(middle-w-40, 330, middle-w-62, 390, middle-w-44, 470).
			curve(middle-w-20, 500, middle-60, 500, middle, 480).symmetric(), c)
	case bob:
		p.fill(at(middle, 76).curve(middle-84, 74, middle-w-34, 130, middle-w-32, 250).
			curve(middle-w-32, 330, middle-w-40, 380, middle-w-26, 412).
			curve(middle-w+10, 424, middle-50, 420, middle, 400).symmetric(), c)
	case bun:
		p.fill(ellipse(middle, 84, 52, 40), c)
		p.fill(ellipse(middle-14, 72, 24, 14), veil(mix(l.hairTint, rgb(0xFFFFFF), 0.25), 0.5))
	case ponytail:
		p.fill(at(middle+60, 130).curve(middle+150, 130, middle+168, 250, middle+150, 360).
			curve(middle+146, 420, middle+160, 450, middle+140, 480).
			curve(middle+104, 470, middle+92, 420, middle+92, 340), c)
	case permed:
		for _, b := range [][3]float64{{0, 122, 66}, {62, 136, 54}, {98, 182, 46}, {112, 244, 40}, {106, 306, 36}} {
			p.both(ellipse(middle-b[0], b[1], b[2], b[2]), c)
		}
	case receding:
		p.fill(at(middle, 95).curve(middle-46, 95, middle-82, 108, middle-w+2, 170).to(middle-w+2, 250).to(middle, 250).symmetric(), l.skin.base)
	case curly:
		for _, b := range [][3]float64{{0, 108, 56}, {52, 122, 50}, {88, 160, 38}, {102, 206, 26}} {
			p.both(ellipse(middle-b[0], b[1], b[2], b[2]), c)
		}
	}
}

// hairInFront draws what frames the face.
func (p *pen) hairInFront(l look) {
	c := l.hairTint
	gloss := veil(mix(c, rgb(0xFFFFFF), 0.35), 0.38)
	dark := veil(mix(c, rgb(0x000000), 0.5), 0.5)
	w := l.wide
	switch l.hair {
	case sidePart:
		p.sideburns(l, 286)
		p.fill(at(middle-w-4, 258).curve(middle-w-20, 170, middle-w+4, 108, middle-40, 88).
			curve(middle+30, 66, middle+w+2, 92, middle+w+6, 180).curve(middle+w+8, 212, middle+w+6, 236, middle+w+4, 258).
			curve(middle+w-4, 226, middle+w-8, 206, middle+w-22, 188).curve(middle+40, 182, middle-10, 176, middle-46, 142).
			curve(middle-58, 172, middle-w+8, 196, middle-w-4, 258), c)
		p.fill(stroke(middle-46, 140, middle-30, 116, middle+10, 98, middle+60, 104, 8, 0.2), gloss)
		p.fill(stroke(middle-46, 142, middle-52, 126, middle-48, 110, middle-40, 98, 3, 0.4), dark)
	case crewCut:
		p.sideburns(l, 274)
		p.fill(at(middle, 92).curve(middle-64, 90, middle-w-4, 122, middle-w-5, 200).
			to(middle-w-4, 256).curve(middle-w+2, 220, middle-w+6, 196, middle-w+18, 176).
			curve(middle-50, 158, middle-24, 154, middle, 154).symmetric(), c)
		p.fill(at(middle, 92).curve(middle-50, 91, middle-84, 112, middle-92, 150).curve(middle-60, 128, middle-30, 124, middle, 124).symmetric(), gloss)
	case undercut:
		p.fill(at(middle-w-4, 262).curve(middle-w-6, 200, middle-w-2, 150, middle-w+22, 128).to(middle-w+34, 180).
			curve(middle-w+10, 196, middle-w+2, 226, middle-w-4, 262), mix(c, l.skin.base, 0.3))
		p.fill(at(middle+w+4, 262).curve(middle+w+6, 200, middle+w+2, 150, middle+w-22, 128).to(middle+w-34, 180).
			curve(middle+w-10, 196, middle+w-2, 226, middle+w+4, 262), mix(c, l.skin.base, 0.2))
		p.fill(at(middle-w+6, 186).curve(middle-w-16, 120, middle-50, 66, middle+20, 64).
			curve(middle+80, 62, middle+w+12, 106, middle+w-2, 188).curve(middle+w-14, 172, middle+70, 158, middle+50, 150).
			curve(middle+10, 136, middle-40, 146, middle-w+6, 186), c)
		p.fill(stroke(middle-70, 140, middle-50, 100, middle-6, 84, middle+44, 90, 9, 0.2), gloss)
		p.fill(stroke(middle-56, 148, middle-30, 118, middle+10, 108, middle+56, 116, 5, 0.2), gloss)
	case fringe:
		p.sideburns(l, 282)
		p.fill(at(middle-w-5, 262).curve(middle-w-22, 150, middle-80, 78, middle, 76).
			curve(middle+80, 78, middle+w+22, 150, middle+w+5, 262).curve(middle+w-2, 236, middle+w-6, 222, middle+w-14, 204).
			curve(middle+76, 214, middle+66, 212, middle+56, 204).curve(middle+44, 216, middle+20, 214, middle+8, 202).
			curve(middle-6, 216, middle-30, 214, middle-44, 202).curve(middle-56, 216, middle-70, 214, middle-w+14, 204).
			curve(middle-w+6, 222, middle-w+2, 236, middle-w-5, 262), c)
		p.fill(stroke(middle-66, 156, middle-40, 124, middle+0, 112, middle+40, 120, 9, 0.2), gloss)
		for _, x := range []float64{-44, 8, 56} {
			p.fill(stroke(middle+x, 202, middle+x+2, 180, middle+x*0.8, 160, middle+x*0.6, 144, 2.6, 0.3), dark)
		}
	case curly:
		p.sideburns(l, 270)
		for _, b := range [][3]float64{{0, 130, 30}, {34, 134, 30}, {64, 150, 28}, {84, 178, 22}, {94, 212, 15}} {
			p.both(ellipse(middle-b[0], b[1], b[2], b[2]), c)
		}
		for _, b := range [][2]float64{{-56, 118}, {-22, 98}, {16, 104}, {50, 120}, {-82, 156}, {78, 158}} {
			p.fill(stroke(middle+b[0]-12, b[1]+6, middle+b[0]-8, b[1]-8, middle+b[0]+8, b[1]-8, middle+b[0]+12, b[1]+6, 4, 0.3), gloss)
		}
	case receding:
		p.sideburns(l, 276)
		p.both(at(middle-w-4, 262).curve(middle-w-12, 190, middle-w-2, 130, middle-62, 108).
			curve(middle-78, 134, middle-80, 156, middle-w+18, 186).curve(middle-w+6, 212, middle-w+2, 232, middle-w-4, 262), c)
		p.both(stroke(middle-w+2, 200, middle-w+4, 166, middle-80, 138, middle-66, 120, 5, 0.3), gloss)
	case longCentre:
		p.locks(l, 560)
		p.centreParting(l)
	case shoulder:
		p.locks(l, 452)
		p.fill(at(middle-w-8, 250).curve(middle-w-30, 150, middle-90, 78, middle-10, 76).
			curve(middle+80, 72, middle+w+34, 140, middle+w+8, 262).curve(middle+w, 220, middle+60, 190, middle-30, 118).
			curve(middle-48, 160, middle-w+10, 190, middle-w-8, 250), c)
		p.fill(stroke(middle-24, 112, middle+24, 116, middle+66, 142, middle+86, 180, 8, 0.2), gloss)
	case bob:
		p.both(at(middle-w+2, 226).curve(middle-w-14, 270, middle-w-6, 340, middle-w+12, 404).
			curve(middle-w-2, 416, middle-w-20, 418, middle-w-28, 410).curve(middle-w-38, 350, middle-w-36, 240, middle-w-10, 170), c)
		p.fill(at(middle, 76).curve(middle-84, 74, middle-w-32, 130, middle-w-18, 250).
			curve(middle-w+2, 236, middle-w+8, 222, middle-w+14, 214).curve(middle-50, 222, middle-20, 222, middle, 222).symmetric(), c)
		p.fill(stroke(middle-88, 176, middle-60, 138, middle-10, 124, middle+50, 132, 10, 0.15), gloss)
		for _, x := range []float64{-52, -20, 16, 48} {
			p.fill(stroke(middle+x, 221, middle+x, 196, middle+x*0.85, 170, middle+x*0.7, 150, 2.4, 0.3), dark)
		}
	case bun:
		p.centreParting(l)
		p.sideburns(l, 280)
	case permed:
		for _, b := range [][3]float64{{14, 138, 30}, {54, 146, 30}, {84, 176, 26}, {100, 218, 20}, {107, 258, 16}} {
			p.both(ellipse(middle-b[0], b[1], b[2], b[2]), c)
		}
		for _, b := range [][2]float64{{-60, 116}, {-20, 92}, {24, 100}, {64, 124}, {-98, 168}, {96, 172}, {-114, 230}, {114, 236}} {
			p.fill(stroke(middle+b[0]-16, b[1]+8, middle+b[0]-10, b[1]-10, middle+b[0]+10, b[1]-10, middle+b[0]+16, b[1]+8, 5, 0.3), gloss)
		}
	case ponytail:
		p.sideburns(l, 284)
		p.fill(at(middle-w-6, 266).curve(middle-w-24, 160, middle-80, 82, middle+6, 80).
			curve(middle+84, 80, middle+w+22, 150, middle+w+6, 264).curve(middle+w-2, 218, middle+72, 176, middle+50, 146).
			curve(middle+20, 186, middle-50, 190, middle-w+12, 206).curve(middle-w+4, 226, middle-w+0, 242, middle-w-6, 266), c)
		p.fill(stroke(middle-72, 152, middle-44, 116, middle-4, 102, middle+40, 112, 9, 0.2), gloss)
		p.fill(stroke(middle+50, 146, middle+24, 172, middle-20, 184, middle-60, 190, 3, 0.3), dark)
	}
}

// centreParting is hair combed to both sides from the middle.
func (p *pen) centreParting(l look) {
	c, w := l.hairTint, l.wide
	p.both(at(middle+1, 78).curve(middle-84, 74, middle-w-30, 140, middle-w-8, 262).
		curve(middle-w+6, 220, middle-70, 190, middle+1, 122), c)
	p.both(stroke(middle-10, 108, middle-44, 122, middle-76, 150, middle-90, 190, 9, 0.2), veil(mix(c, rgb(0xFFFFFF), 0.35), 0.38))
	p.fill(stroke(middle, 122, middle, 108, middle, 96, middle, 82, 2.6, 0.5), veil(l.skin.shade, 0.8))
}

// locks fall in front of the shoulders down to y.
func (p *pen) locks(l look, y float64) {
	c, w := l.hairTint, l.wide
	p.both(at(middle-w+4, 214).curve(middle-w-10, 290, middle-w-2, 360, middle-w+14, 420).
		curve(middle-w+20, (420+y)/2, middle-w+6, y-20, middle-w-14, y).
		curve(middle-w-40, y-8, middle-w-46, y-30, middle-w-44, y-70).
		curve(middle-w-40, 380, middle-w-36, 260, middle-w-14, 170), c)
	p.both(stroke(middle-w-18, 240, middle-w-24, 310, middle-w-14, 380, middle-w-20, y-50, 5, 0.2), veil(mix(c, rgb(0xFFFFFF), 0.35), 0.34))
}

// sideburns join the hair to the ears.
func (p *pen) sideburns(l look, y float64) {
	w := l.wide
	p.both(at(middle-w-5, 214).to(middle-w-4, y).curve(middle-w+5, y-6, middle-w+6, 246, middle-w+8, 214), l.hairTint)
}
