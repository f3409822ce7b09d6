package sight

import (
	"errors"
	"image"
	"image/draw"
	"math"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Bounds of a picture's sides, pixels.
const (
	MinSide = 300
	MaxSide = 8192
	// MaxArea bounds both together.
	MaxArea = 40 << 20
)

// What a picture can lack.
var (
	ErrSize   = errors.New("sight: the picture is too small or too large")
	ErrNoCard = errors.New("sight: there is no card in the picture")
)

// Picture is a picture in which a card was found.
type Picture struct {
	img *image.RGBA
	// The place (x, y) on the card is the pixel ((a x + b y + c) / n, (d x + e y + f) / n)
	// with n = g x + h y + 1.
	h [8]float64
	// Scale is how many pixels a millimetre has, Rotation how many degrees the card
	// is turned clockwise.
	Scale, Rotation float64
}

type point struct{ x, y float64 }

// Find looks for a card: one bright shape of a card's proportions, turned by at
// most 10 degrees, whole, on a tray that is darker. ErrSize and ErrNoCard say why
// there is none.
func Find(img image.Image) (*Picture, error) {
	if img == nil {
		return nil, ErrNoCard
	}
	b := img.Bounds()
	if b.Dx() < MinSide || b.Dy() < MinSide || b.Dx() > MaxSide || b.Dy() > MaxSide || b.Dx()*b.Dy() > MaxArea {
		return nil, ErrSize
	}
	p := &Picture{}
	var ok bool
	if p.img, ok = img.(*image.RGBA); !ok || b.Min != (image.Point{}) {
		p.img = image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(p.img, p.img.Rect, img, b.Min, draw.Src)
	}
	corners, err := outline(p.img)
	if err != nil {
		return nil, err
	}
	if err := p.fit(corners); err != nil {
		return nil, err
	}
	return p, nil
}

// small is the picture's brightness with its long side at most 1000 pixels, and by
// what it was divided.
func small(img *image.RGBA) (v []uint8, w, h, by int) {
	by = max(1, (max(img.Rect.Dx(), img.Rect.Dy())+999)/1000)
	w, h = img.Rect.Dx()/by, img.Rect.Dy()/by
	v = make([]uint8, w*h)
	for y := range h {
		for x := range w {
			sum := 0
			for j := range by {
				i := img.PixOffset(x*by, y*by+j)
				for k := range by {
					q := img.Pix[i+4*k : i+4*k+3]
					sum += (int(q[0])*77 + int(q[1])*150 + int(q[2])*29) >> 8
				}
			}
			v[y*w+x] = uint8(sum / (by * by))
		}
	}
	return v, w, h, by
}

// outline gives the corners of the card, its rounding left out: top left, top
// right, bottom right, bottom left.
func outline(img *image.RGBA) ([4]point, error) {
	var none [4]point
	v, w, h, by := small(img)
	var edge, all [256]int
	for x := range w {
		edge[v[x]]++
		edge[v[(h-1)*w+x]]++
	}
	for y := range h {
		edge[v[y*w]]++
		edge[v[y*w+w-1]]++
	}
	for _, c := range v {
		all[c]++
	}
	tray, card := level(edge, 0.5), level(all, 0.75)
	if card-tray < 40 {
		return none, ErrNoCard
	}
	limit := uint8(tray + (card-tray)*2/5)
	// The tray is what is dark and hangs together with the picture's edge.
	dark := make([]bool, w*h)
	stack := make([]int, 0, w)
	push := func(i int) {
		if !dark[i] && v[i] < limit {
			dark[i] = true
			stack = append(stack, i)
		}
	}
	for x := range w {
		push(x)
		push((h-1)*w + x)
	}
	for y := range h {
		push(y * w)
		push(y*w + w - 1)
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i%w > 0 {
			push(i - 1)
		}
		if i%w < w-1 {
			push(i + 1)
		}
		if i >= w {
			push(i - w)
		}
		if i < (h-1)*w {
			push(i + w)
		}
	}
	// first is where a run of card begins along a line of pixels, between two of
	// them; a speck is no run.
	const run = 8
	first := func(start, stride, length int) (float64, bool) {
		for n, at := 0, 0; at < length; at++ {
			if dark[start+at*stride] {
				n = 0
				continue
			}
			if n++; n == run {
				k := at - run + 1
				if k == 0 {
					return 0, false // the card leaves the picture
				}
				a, b := float64(v[start+(k-1)*stride]), float64(v[start+k*stride])
				t := 0.5
				if b > a {
					t = math.Max(0, math.Min(1, (float64(limit)-a)/(b-a)))
				}
				return float64(k-1) + t + 0.5, true
			}
		}
		return 0, false
	}
	var rows, cols []int
	for y := range h {
		if n := count(dark[y*w:(y+1)*w], 1, w); n > w/4 {
			rows = append(rows, y)
		}
	}
	for x := range w {
		if n := count(dark[x:], w, h); n > h/4 {
			cols = append(cols, x)
		}
	}
	if len(rows) < h/4 || len(cols) < w/4 {
		return none, ErrNoCard
	}
	middle := func(s []int) []int { return s[len(s)*3/10 : len(s)*7/10] }
	var sides [4][]point // top, right, bottom, left; as (along, across)
	for _, x := range middle(cols) {
		if y, ok := first(x, w, h); ok {
			sides[0] = append(sides[0], point{float64(x) + 0.5, y})
		}
		if y, ok := first((h-1)*w+x, -w, h); ok {
			sides[2] = append(sides[2], point{float64(x) + 0.5, float64(h) - y})
		}
	}
	for _, y := range middle(rows) {
		if x, ok := first(y*w, 1, w); ok {
			sides[3] = append(sides[3], point{float64(y) + 0.5, x})
		}
		if x, ok := first(y*w+w-1, -1, w); ok {
			sides[1] = append(sides[1], point{float64(y) + 0.5, float64(w) - x})
		}
	}
	var lines [4]straight
	for i, s := range sides {
		l, ok := through(s)
		if !ok {
			return none, ErrNoCard
		}
		lines[i] = l
	}
	cross := func(flat, steep straight) point { // y = m x + c, x = n y + d
		y := (flat.m*steep.c + flat.c) / (1 - flat.m*steep.m)
		return point{(steep.m*y + steep.c) * float64(by), y * float64(by)}
	}
	return [4]point{cross(lines[0], lines[3]), cross(lines[0], lines[1]), cross(lines[2], lines[1]), cross(lines[2], lines[3])}, nil
}

// level is the value below which a share of the pixels lies.
func level(histogram [256]int, share float64) int {
	n := 0
	for _, c := range histogram {
		n += c
	}
	sum := 0
	for v, c := range histogram {
		if sum += c; float64(sum) >= share*float64(n) {
			return v
		}
	}
	return 255
}

func count(dark []bool, stride, n int) int {
	sum := 0
	for i := range n {
		if !dark[i*stride] {
			sum++
		}
	}
	return sum
}

// straight is across = m along + c.
type straight struct{ m, c float64 }

// through is the line through most of the points: least squares, with those
// farthest off left out, several times.
func through(p []point) (straight, bool) {
	const least = 40
	keep := slices.Clone(p)
	for {
		if len(keep) < least {
			return straight{}, false
		}
		var sx, sy, sxx, sxy float64
		for _, q := range keep {
			sx, sy, sxx, sxy = sx+q.x, sy+q.y, sxx+q.x*q.x, sxy+q.x*q.y
		}
		n := float64(len(keep))
		m := (n*sxy - sx*sy) / (n*sxx - sx*sx)
		l := straight{m, (sy - m*sx) / n}
		off := func(q point) float64 { return math.Abs(q.y - l.m*q.x - l.c) }
		worst := 0.0
		for _, q := range keep {
			worst = math.Max(worst, off(q))
		}
		if worst < 1.5 {
			return l, math.Abs(m) < math.Tan(10*math.Pi/180)
		}
		slices.SortFunc(keep, func(a, b point) int {
			switch da, db := off(a), off(b); {
			case da < db:
				return -1
			case da > db:
				return 1
			}
			return 0
		})
		keep = keep[:len(keep)*9/10]
	}
}

// fit takes the card's corners, and works out what pixel a place is.
func (p *Picture) fit(c [4]point) error {
	length := func(a, b point) float64 { return math.Hypot(b.x-a.x, b.y-a.y) }
	top, bottom, left, right := length(c[0], c[1]), length(c[3], c[2]), length(c[0], c[3]), length(c[1], c[2])
	const proportion = cardprofile.CardWidth / cardprofile.CardHeight
	if ratio := (top + bottom) / (left + right); !(math.Abs(ratio/proportion-1) < 0.05) ||
		math.Abs(top/bottom-1) > 0.05 || math.Abs(left/right-1) > 0.05 {
		return ErrNoCard
	}
	p.Scale = (top + bottom) / 2 / cardprofile.CardWidth
	if p.Scale < 4 {
		return ErrSize
	}
	p.Rotation = math.Atan2(c[1].y-c[0].y, c[1].x-c[0].x) * 180 / math.Pi
	// The square of side 1 onto four corners, and millimetres onto the square.
	dx1, dx2, sx := c[1].x-c[2].x, c[3].x-c[2].x, c[0].x-c[1].x+c[2].x-c[3].x
	dy1, dy2, sy := c[1].y-c[2].y, c[3].y-c[2].y, c[0].y-c[1].y+c[2].y-c[3].y
	det := dx1*dy2 - dx2*dy1
	g, h := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	const w, t = cardprofile.CardWidth, cardprofile.CardHeight
	p.h = [8]float64{
		(c[1].x - c[0].x + g*c[1].x) / w, (c[3].x - c[0].x + h*c[3].x) / t, c[0].x,
		(c[1].y - c[0].y + g*c[1].y) / w, (c[3].y - c[0].y + h*c[3].y) / t, c[0].y,
		g / w, h / t,
	}
	for _, v := range p.h {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ErrNoCard
		}
	}
	return nil
}

// Turned is the same picture with the card the other way up.
func (p *Picture) Turned() *Picture {
	q := *p
	a := p.h
	const w, t = cardprofile.CardWidth, cardprofile.CardHeight
	n := a[6]*w + a[7]*t + 1
	q.h = [8]float64{-a[0] / n, -a[1] / n, (a[0]*w + a[1]*t + a[2]) / n, -a[3] / n, -a[4] / n, (a[3]*w + a[4]*t + a[5]) / n, -a[6] / n, -a[7] / n}
	return &q
}
