package face

import (
	"errors"
	"image/color"
	"math"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// The extent of a line above and below its base line, in ems: the highest
// capital with two marks of Vietnamese, and the longest descender with a dot.
const (
	ascent  = 1.01
	descent = 0.25
)

// Values of an element that its layout leaves out.
const (
	defaultSize    = 6.0 // pt
	defaultLeading = 1.16
	shrinkStep     = 0.98
)

var ink = color.NRGBA{0x11, 0x14, 0x18, 0xFF}

// ErrNoRoom is text that cannot be made small enough for its place; nothing is
// ever cut off.
var ErrNoRoom = errors.New("the text does not fit its place even at the smallest size")

// block is text broken into lines at one size.
type block struct {
	lines   []run
	size    float64 // mm
	leading float64 // mm from one base line to the next
	width   float64 // of the longest line, mm
}

func (b block) height() float64 {
	return (ascent+descent)*b.size + float64(len(b.lines)-1)*b.leading
}

// arrange fits text into a box of w × h millimetres the way its style says.
// What cannot fit is ErrNoRoom.
func arrange(t *typeface, text string, s cardprofile.Style, w, h float64) (block, error) {
	largest := s.Size
	if largest == 0 {
		largest = defaultSize
	}
	smallest := largest
	if s.Fit == cardprofile.FitShrink || s.Fit == cardprofile.FitWrapShrink {
		smallest = s.MinSize
		if smallest == 0 {
			smallest = largest / 2
		}
	}
	leading := s.Leading
	if leading == 0 {
		leading = defaultLeading
	}
	wrapped := s.Fit == cardprofile.FitWrap || s.Fit == cardprofile.FitWrapShrink
	words, space, err := shapeWords(t, text, wrapped)
	if err != nil {
		return block{}, err
	}
	// A box a little too small by rounding still holds its text.
	const slack = 0.01
	for pt := largest; ; pt *= shrinkStep {
		if pt < smallest {
			pt = smallest
		}
		b := block{size: pt * mmPerPoint, leading: pt * leading * mmPerPoint}
		for _, line := range fold(words, space, w/b.size) {
			joined := join(line, space)
			b.lines = append(b.lines, joined)
			b.width = max(b.width, joined.width*b.size)
		}
		if b.width <= w+slack && b.height() <= h+slack {
			return b, nil
		}
		if pt <= smallest {
			return block{}, ErrNoRoom
		}
	}
}

// word is what is not broken.
type word struct {
	run
	comma bool // a comma ends it
}

// shapeWords lays out each word by itself; without wrapping the whole text
// counts as one.
func shapeWords(t *typeface, text string, wrapped bool) (words []word, space float64, err error) {
	parts := []string{text}
	if wrapped {
		parts = strings.Fields(text)
	}
	blank, err := t.shape(" ")
	if err != nil {
		return nil, 0, err
	}
	for _, part := range parts {
		r, err := t.shape(part)
		if err != nil {
			return nil, 0, err
		}
		words = append(words, word{run: r, comma: strings.HasSuffix(part, ",")})
	}
	return words, blank.width, nil
}

// fold breaks words into as few lines of width ems as can be. Among those it
// takes the break that leaves the least room at the ends of lines, and rather one
// after a comma than within a part of an address or a name. A word wider than a
// line stands alone; arrange notices.
func fold(words []word, space, width float64) [][]word {
	const (
		perLine     = 1000.0
		notAtComma  = 0.35
		shortEnding = 0.3 // of the width: a last line shorter than this looks lost
	)
	n := len(words)
	cost := make([]float64, n+1) // of setting words[i:]
	next := make([]int, n+1)
	for i := n - 1; i >= 0; i-- {
		cost[i] = math.Inf(1)
		at := 0.0
		for j := i; j < n; j++ {
			if j > i {
				at += space
			}
			at += words[j].width
			if at > width && j > i {
				break
			}
			rest := max(0, 1-at/width)
			c := perLine + cost[j+1]
			switch {
			case j == n-1:
				c += max(0, shortEnding-at/width)
			case words[j].comma:
				c += rest * rest
			default:
				c += rest*rest + notAtComma
			}
			if c < cost[i] {
				cost[i], next[i] = c, j+1
			}
		}
	}
	var lines [][]word
	for i := 0; i < n; i = next[i] {
		lines = append(lines, words[i:next[i]])
	}
	return lines
}

// join sets words side by side.
func join(words []word, space float64) run {
	var out run
	for i, w := range words {
		if i > 0 {
			out.width += space
		}
		for j, g := range w.glyphs {
			out.glyphs = append(out.glyphs, g)
			out.xs = append(out.xs, out.width+w.xs[j])
		}
		out.width += w.width
	}
	return out
}

// text draws a text element: fixed text, a field, or a field with text before it.
func (c *canvas) text(text string, e cardprofile.Element, s cardprofile.Style) error {
	text = strings.TrimSpace(norm.NFC.String(text))
	if s.Upper {
		text = strings.ToUpper(text)
	}
	if text == "" {
		return nil
	}
	t, err := openFont(s.Font)
	if err != nil {
		return err
	}
	b, err := arrange(t, text, s, e.W, e.H)
	if err != nil {
		return err
	}
	y := top(e, s, b.height()) + ascent*b.size
	var p path
	for _, line := range b.lines {
		line.outline(&p, left(e, s, line.width*b.size), y, b.size)
		y += b.leading
	}
	c.fill(&p, colour(s.Colour, ink, s.Opacity))
	return nil
}

// label draws both languages on one line, the second slanted.
func (c *canvas) label(e cardprofile.Element, s cardprofile.Style) error {
	first, second := e.Text.VI, e.Text.EN
	if second == "" || first == "" {
		return c.text(first+second, e, s)
	}
	main, err := openFont(s.Font)
	if err != nil {
		return err
	}
	other, err := openFont(italics[main.name])
	if err != nil {
		return err
	}
	if s.Upper {
		first, second = strings.ToUpper(first), strings.ToUpper(second)
	}
	a, err := main.shape(first + " / ")
	if err != nil {
		return err
	}
	b, err := other.shape(second)
	if err != nil {
		return err
	}
	whole := join([]word{{run: a}, {run: b}}, 0)
	size := s.Size
	if size == 0 {
		size = defaultSize
	}
	smallest := size
	if s.Fit != cardprofile.FitNone && s.MinSize > 0 {
		smallest = s.MinSize
	}
	for whole.width*size*mmPerPoint > e.W+0.01 {
		if size <= smallest {
			return ErrNoRoom
		}
		size = max(size*shrinkStep, smallest)
	}
	em := size * mmPerPoint
	if (ascent+descent)*em > e.H+0.01 {
		return ErrNoRoom
	}
	var p path
	whole.outline(&p, left(e, s, whole.width*em), top(e, s, (ascent+descent)*em)+ascent*em, em)
	c.fill(&p, colour(s.Colour, ink, s.Opacity))
	return nil
}

// left is where something of this width begins in its box.
func left(e cardprofile.Element, s cardprofile.Style, width float64) float64 {
	switch s.Align {
	case "centre":
		return e.X + (e.W-width)/2
	case "right":
		return e.X + e.W - width
	}
	return e.X
}

// top is where something of this height begins in its box.
func top(e cardprofile.Element, s cardprofile.Style, height float64) float64 {
	switch s.VAlign {
	case "middle":
		return e.Y + (e.H-height)/2
	case "bottom":
		return e.Y + e.H - height
	}
	return e.Y
}
