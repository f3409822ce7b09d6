package sight

import (
	"math"
	"sync"

	"github.com/chipid-toolkit/chipid/printer/face/ocrb"
)

// The zone of a card of size TD1, Doc 9303-5 (8th ed.), 4.2.
const (
	zoneLines   = 3
	zoneColumns = 30
	zoneLeading = 25.4 / 6 // millimetres
)

// Unread stands for a character that could not be read.
const Unread = '?'

// Zone is what a machine readable zone says.
type Zone struct {
	Lines [zoneLines]string
	// X and Y are how far the zone lies from the place it was looked for,
	// millimetres.
	X, Y float64
	// Dirty says that ground between characters is darker than it should be.
	Dirty bool
}

// Whole reports whether every character could be read.
func (z *Zone) Whole() bool {
	for _, l := range z.Lines {
		for _, r := range l {
			if r == Unread {
				return false
			}
		}
	}
	return true
}

const (
	zoneScale  = 10  // pixels per millimetre
	zoneReach  = 3.0 // how far off the zone is looked for, millimetres
	cellWidth  = 25  // pixels: what of the 2.54 mm belongs to one character
	cellHeight = 34
	cellReach  = 4 // how far a character may be from its place in the grid, pixels

	// A character is read when it looks like one of the set, and less like the
	// next one.
	leastAlike = 0.62
	leastAhead = 0.008
	// Ground of a cell under this share of the zone's ground is dirty.
	dirtyGround = 0.72
)

// glyph is one character of the font, as it is seen through a lens.
type glyph struct {
	r byte
	v []float32 // mean 0, length 1
}

var glyphs = sync.OnceValue(func() []glyph {
	var out []glyph
	for _, r := range ocrb.Characters {
		// The middle of the cell is the middle of the patch, the centre line is too.
		mask := ocrb.Mask(r, cellWidth/2.0-ocrb.Pitch/2*zoneScale, cellHeight/2.0+ocrb.Centre*zoneScale, zoneScale)
		v := make([]float32, cellWidth*cellHeight)
		for y := range cellHeight {
			for x := range cellWidth {
				v[y*cellWidth+x] = -float32(mask.AlphaAt(x, y).A)
			}
		}
		soften(v, cellWidth, cellHeight)
		normalise(v)
		out = append(out, glyph{byte(r), v})
	}
	return out
})

// soften spreads each level over its neighbours, 1 2 1 both ways.
func soften(v []float32, w, h int) {
	pass := func(start, stride, n int) {
		last := v[start]
		for i := range n {
			at := start + i*stride
			here, next := v[at], v[start+min(n-1, i+1)*stride]
			v[at] = (last + 2*here + next) / 4
			last = here
		}
	}
	for y := range h {
		pass(y*w, 1, w)
	}
	for x := range w {
		pass(x, w, h)
	}
}

// normalise makes the mean 0 and the length 1, and reports whether there was any
// deviation.
func normalise(v []float32) bool {
	var sum, squares float64
	for _, x := range v {
		sum += float64(x)
	}
	mean := float32(sum / float64(len(v)))
	for i := range v {
		v[i] -= mean
		squares += float64(v[i]) * float64(v[i])
	}
	length := math.Sqrt(squares)
	if length < float64(len(v))/50 {
		return false
	}
	for i := range v {
		v[i] /= float32(length)
	}
	return true
}

// Zone reads a zone of three lines whose first character's ink begins at x, and
// whose middle line's centre is at y. It knows the font and what kind of character
// stands where (Doc 9303-5, 4.2.2), not what the card should say. Nil means that
// nothing there looks like a zone.
func (p *Picture) Zone(x, y float64) *Zone {
	left := x - ocrb.Inset - zoneReach
	top := y - zoneLeading - 2 - zoneReach
	area := p.piece(left, top, ocrb.Pitch*zoneColumns+2*zoneReach, 2*zoneLeading+4+2*zoneReach, zoneScale)
	v := area.c[bright]
	gx, gy, ok := grid(v, area.w, area.h)
	if !ok {
		return nil
	}
	z := &Zone{}
	var cells [zoneLines][zoneColumns]seen
	var dx, dy, ground []float64
	at := func(l, c, reach int) seen {
		return cell(v, area.w, area.h, gx+float64(c)*ocrb.Pitch*zoneScale, gy+float64(l)*zoneLeading*zoneScale, reach, allowed(l, c))
	}
	// Some cells say where in the grid characters stand; the others are looked for
	// there alone.
	var px, py []float64
	for c := range zoneColumns / 4 {
		if s := at(c%zoneLines, 4*c, cellReach); s.r != Unread {
			px, py = append(px, s.dx), append(py, s.dy)
		}
	}
	if len(px) > 0 {
		gx, gy = gx+median(px), gy+median(py)
	}
	for l := range zoneLines {
		for c := range zoneColumns {
			s := at(l, c, 1)
			cells[l][c] = s
			ground = append(ground, s.ground)
			if s.r != Unread {
				dx, dy = append(dx, s.dx), append(dy, s.dy)
			}
		}
	}
	if len(dx) < zoneColumns {
		return nil
	}
	clean := median(ground)
	for l := range zoneLines {
		line := make([]byte, zoneColumns)
		for c := range line {
			line[c] = cells[l][c].r
			z.Dirty = z.Dirty || cells[l][c].ground < dirtyGround*clean
		}
		z.Lines[l] = string(line)
	}
	z.X = (gx+mean(dx))/zoneScale - zoneReach
	z.Y = (gy+mean(dy))/zoneScale - zoneReach - 2
	return z
}

// grid finds where the first cell's left edge and the first line's centre are,
// pixels: ink within lines and cells, none between them.
func grid(v []float32, w, h int) (x, y float64, ok bool) {
	rows, cols := make([]float64, h), make([]float64, w)
	ink := make([]float32, w*h)
	// Ink is what is darker than the lightest of its surroundings.
	const around = 12
	for j := range h {
		row := v[j*w : (j+1)*w]
		for i := range w {
			light := row[i]
			for _, k := range []int{max(0, i-around), max(0, i-around/2), min(w-1, i+around/2), min(w-1, i+around)} {
				light = max(light, row[k])
			}
			if d := light - row[i]; d > 40 {
				ink[j*w+i] = d
			}
		}
	}
	for j := range h {
		for i := range w {
			rows[j] += float64(ink[j*w+i])
		}
	}
	best := 0.0
	const half = 10 // of a line's height, pixels
	for j := half + 4; float64(j+half+4)+2*zoneLeading*zoneScale < float64(h); j++ {
		sum := 0.0
		for l := range zoneLines {
			centre := j + int(math.Round(float64(l)*zoneLeading*zoneScale))
			for k := -half; k <= half; k++ {
				sum += rows[centre+k]
			}
			for k := half + 3; k <= half+6 && centre+k < h && centre-k >= 0; k++ {
				sum -= 2 * (rows[centre+k] + rows[centre-k])
			}
		}
		if sum > best {
			best, y = sum, float64(j)
		}
	}
	if best <= 0 {
		return 0, 0, false
	}
	for l := range zoneLines {
		centre := int(math.Round(y + float64(l)*zoneLeading*zoneScale))
		for j := max(0, centre-half); j <= min(h-1, centre+half); j++ {
			for i := range w {
				cols[i] += float64(ink[j*w+i])
			}
		}
	}
	best = 0
	const pitch = ocrb.Pitch * zoneScale
	for i := 0; float64(i)+zoneColumns*pitch < float64(w); i++ {
		sum := 0.0
		for c := range zoneColumns {
			at := float64(i) + float64(c)*pitch
			for k := 3; k < cellWidth-3; k++ {
				sum += cols[int(at)+k]
			}
			sum -= 4 * (cols[int(at)] + cols[int(at)+1])
		}
		if sum > best {
			best, x = sum, float64(i)
		}
	}
	return x, y, best > 0
}

// seen is what stands in one cell.
type seen struct {
	r      byte
	dx, dy float64 // from its place in the grid, pixels
	ground float64 // brightness of what is no ink
}

// cell reads the character whose cell begins at x and whose centre line is at y.
func cell(v []float32, w, h int, x, y float64, reach int, class string) seen {
	s := seen{r: Unread}
	x0 := int(math.Round(x + ocrb.Pitch*zoneScale/2 - cellWidth/2.0))
	y0 := int(math.Round(y - cellHeight/2.0))
	window := make([]float32, cellWidth*cellHeight)
	take := func(dx, dy int) bool {
		for j := range cellHeight {
			if y0+dy+j < 0 || y0+dy+j >= h || x0+dx < 0 || x0+dx+cellWidth > w {
				return false
			}
			copy(window[j*cellWidth:], v[(y0+dy+j)*w+x0+dx:][:cellWidth])
		}
		return true
	}
	if !take(0, 0) {
		return s
	}
	s.ground = share(window, 0.6)
	// scores[i] is the best of a character over all places.
	set := glyphs()
	scores := make([]float64, len(set))
	best := 0.0
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			if !take(dx, dy) || !normalise(window) {
				continue
			}
			for i, g := range set {
				var sum float32
				for k, a := range g.v {
					sum += a * window[k]
				}
				n := float64(sum)
				scores[i] = math.Max(scores[i], n)
				if n > best && within(class, g.r) {
					best, s.dx, s.dy = n, float64(x0+dx)-(x+ocrb.Pitch*zoneScale/2-cellWidth/2.0), float64(y0+dy)-(y-cellHeight/2.0)
				}
			}
		}
	}
	first, second, at := 0.0, 0.0, 0
	for i, n := range scores {
		if !within(class, set[i].r) {
			continue
		}
		if n > first {
			first, second, at = n, first, i
		} else if n > second {
			second = n
		}
	}
	if first >= leastAlike && first-second >= leastAhead {
		s.r = set[at].r
	}
	return s
}

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
)

// allowed is which characters can stand at a place of the zone.
func allowed(line, column int) string {
	switch {
	case line == 2, line == 0 && column < 5, line == 1 && column >= 15 && column < 18:
		return letters
	case line == 1 && column == 7:
		return "MF<"
	case line == 1 && (column == 6 || column == 14 || column == 29):
		return digits
	case line == 1 && column < 14:
		return digits + "<"
	}
	return digits + letters
}

func within(class string, r byte) bool {
	for i := range len(class) {
		if class[i] == r {
			return true
		}
	}
	return false
}
