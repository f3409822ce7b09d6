package face

import (
	"fmt"
	"sort"
	"strings"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansbolditalic"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// typeface is one font. Glyphs are drawn from their outlines, without hinting
// and at fractions of a pixel, so that a text measures the same at every
// resolution.
type typeface struct {
	name string
	load func() []byte

	once   sync.Once
	err    error
	font   *sfnt.Font
	unit   fixed.Int26_6 // as many as an em has design units, so that nothing is rounded
	mu     sync.Mutex    // guards what follows
	buffer sfnt.Buffer
	glyphs map[rune]*glyph
	kerns  map[[2]rune]float64
}

// glyph is a drawn character, in ems, Y downwards from the base line.
type glyph struct {
	index   sfnt.GlyphIndex
	outline []op
	advance float64
}

// typefaces are the fonts a layout can name. Liberation Sans has every letter
// of Vietnamese, and the widths that offices are used to.
var typefaces = map[string]*typeface{
	"sans":             {name: "sans", load: func() []byte { return liberationsansregular.TTF }},
	"sans-bold":        {name: "sans-bold", load: func() []byte { return liberationsansbold.TTF }},
	"sans-italic":      {name: "sans-italic", load: func() []byte { return liberationsansitalic.TTF }},
	"sans-bold-italic": {name: "sans-bold-italic", load: func() []byte { return liberationsansbolditalic.TTF }},
}

// italics are the slanted companions that labels use for their second language.
var italics = map[string]string{"sans": "sans-italic", "sans-bold": "sans-bold-italic"}

// Fonts lists the names of the fonts that layouts can use for text.
func Fonts() []string {
	names := make([]string, 0, len(typefaces))
	for name := range typefaces {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func openFont(name string) (*typeface, error) {
	if name == "" {
		name = "sans"
	}
	t, ok := typefaces[name]
	if !ok {
		return nil, fmt.Errorf("no font %q: use one of %s", name, strings.Join(Fonts(), ", "))
	}
	t.once.Do(func() {
		t.font, t.err = sfnt.Parse(t.load())
		if t.err == nil {
			t.unit = fixed.I(int(t.font.UnitsPerEm()))
			t.glyphs = make(map[rune]*glyph)
			t.kerns = make(map[[2]rune]float64)
		}
	})
	return t, t.err
}

// glyph finds the drawing of a character; one the font has not is nil.
func (t *typeface) glyph(r rune) (*glyph, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g, ok := t.glyphs[r]; ok {
		return g, nil
	}
	index, err := t.font.GlyphIndex(&t.buffer, r)
	if err != nil || index == 0 {
		return nil, err
	}
	em := float64(t.unit)
	advance, err := t.font.GlyphAdvance(&t.buffer, index, t.unit, font.HintingNone)
	if err != nil {
		return nil, err
	}
	segments, err := t.font.LoadGlyph(&t.buffer, index, t.unit, nil)
	if err != nil {
		return nil, err
	}
	g := &glyph{index: index, advance: float64(advance) / em}
	at := func(p fixed.Point26_6) point { return point{float64(p.X) / em, float64(p.Y) / em} }
	var from point
	for i, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				g.outline = append(g.outline, op{kind: 'Z'})
			}
			from = at(s.Args[0])
			g.outline = append(g.outline, op{'M', [3]point{from}})
		case sfnt.SegmentOpLineTo:
			from = at(s.Args[0])
			g.outline = append(g.outline, op{'L', [3]point{from}})
		case sfnt.SegmentOpQuadTo:
			c, to := at(s.Args[0]), at(s.Args[1])
			g.outline = append(g.outline, op{'C', [3]point{
				{from.x + (c.x-from.x)*2/3, from.y + (c.y-from.y)*2/3},
				{to.x + (c.x-to.x)*2/3, to.y + (c.y-to.y)*2/3}, to}})
			from = to
		case sfnt.SegmentOpCubeTo:
			from = at(s.Args[2])
			g.outline = append(g.outline, op{'C', [3]point{at(s.Args[0]), at(s.Args[1]), from}})
		}
	}
	if len(g.outline) > 0 {
		g.outline = append(g.outline, op{kind: 'Z'})
	}
	t.glyphs[r] = g
	return g, nil
}

// kern is the correction between two characters, in ems.
func (t *typeface) kern(a, b rune, ga, gb *glyph) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair := [2]rune{a, b}
	if k, ok := t.kerns[pair]; ok {
		return k
	}
	k := 0.0
	if v, err := t.font.Kern(&t.buffer, ga.index, gb.index, t.unit, font.HintingNone); err == nil {
		k = float64(v) / float64(t.unit)
	}
	t.kerns[pair] = k
	return k
}

// run is text of one font, laid out in ems.
type run struct {
	glyphs []*glyph
	xs     []float64
	width  float64
}

// missingError is a character that a font cannot draw. Its code point is told,
// not the text around it.
type missingError struct {
	font string
	r    rune
}

func (e *missingError) Error() string {
	return fmt.Sprintf("the font %s has no character U+%04X", e.font, e.r)
}

// shape lays text out on one line. The text is brought to NFC first: after
// that, one character of Vietnamese is one glyph.
func (t *typeface) shape(text string) (run, error) {
	var out run
	var before rune
	var last *glyph
	for _, r := range norm.NFC.String(text) {
		g, err := t.glyph(r)
		if err != nil {
			return run{}, err
		}
		if g == nil {
			return run{}, &missingError{font: t.name, r: r}
		}
		if last != nil {
			out.width += t.kern(before, r, last, g)
		}
		out.glyphs = append(out.glyphs, g)
		out.xs = append(out.xs, out.width)
		out.width += g.advance
		before, last = r, g
	}
	return out, nil
}

// outline adds the run to a path: size is the em, in millimetres, and (x, y)
// the beginning of the base line.
func (r run) outline(p *path, x, y, size float64) {
	for i, g := range r.glyphs {
		at := x + r.xs[i]*size
		for _, o := range g.outline {
			for j := range o.p {
				o.p[j] = point{at + o.p[j].x*size, y + o.p[j].y*size}
			}
			p.ops = append(p.ops, o)
		}
	}
}
