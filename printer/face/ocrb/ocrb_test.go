package ocrb_test

import (
	"image"
	"math"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/face/ocrb"
)

const scale = 100 // pixels per millimetre

// inked draws a character with its cell at the origin and the line of letters
// at Y 0, and gives the mask and the box of its ink.
func inked(t *testing.T, r rune) (*image.Alpha, image.Rectangle) {
	t.Helper()
	m := ocrb.Mask(r, 0, 0, scale)
	if m == nil {
		t.Fatalf("no drawing of %q", r)
	}
	var box image.Rectangle
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			if m.AlphaAt(x, y).A >= 128 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return m, box
}

func TestSetIsComplete(t *testing.T) {
	if n := len(ocrb.Characters); n != 37 {
		t.Errorf("%d characters, want A–Z, 0–9 and <", n)
	}
	for _, r := range ocrb.Characters {
		if !ocrb.Has(r) {
			t.Errorf("%q is missing", r)
		}
	}
	for _, r := range "aĐ -" {
		if ocrb.Has(r) || ocrb.Mask(r, 0, 0, scale) != nil {
			t.Errorf("%q is no character of the machine readable zone", r)
		}
	}
}

// Doc 9303-5 (8th ed.), Figure 6: a printing zone of 2.95 mm around the
// reference centre line. The pitch leaves room between any two neighbours.
func TestCharactersKeepToTheirPlace(t *testing.T) {
	for _, r := range ocrb.Characters {
		_, box := inked(t, r)
		up, down := float64(-box.Min.Y)/scale-ocrb.Centre, ocrb.Centre+float64(box.Max.Y)/scale
		if up > 2.95/2 || down > 2.95/2 {
			t.Errorf("%q reaches %.2f mm above and %.2f below the centre line", r, up, down)
		}
		if left, right := float64(box.Min.X)/scale, float64(box.Max.X)/scale; left < ocrb.Inset-0.011 || right > ocrb.Pitch-ocrb.Inset+0.03 {
			t.Errorf("%q stands from %.2f to %.2f mm of its cell", r, left, right)
		}
	}
}

// ISO 1073-2, size 1: figures 2.4 mm and letters 2.1 mm high along their centre
// lines, so that the ink is 0.35 mm higher.
func TestHeights(t *testing.T) {
	for r, want := range map[rune]float64{'0': 2.4, '1': 2.38, '8': 2.4, 'E': 2.11, 'Z': 2.11, 'I': 2.11} {
		_, box := inked(t, r)
		if got := float64(box.Dy())/scale - ocrb.Stroke; math.Abs(got-want) > 0.03 {
			t.Errorf("%q: the centre line is %.2f mm high, want %.2f", r, got, want)
		}
	}
}

func TestStrokeIsConstant(t *testing.T) {
	// across the stems of characters that have a straight upright one
	for r, y := range map[rune]int{'1': -100, 'H': -160, 'I': -105, 'T': -100, 'L': -120, 'P': -40, '4': -30} {
		m, _ := inked(t, r)
		run, first := 0, true
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			switch {
			case m.AlphaAt(x, y).A >= 128:
				run++
			case run > 0 && first:
				first = false
				if got := float64(run) / scale; math.Abs(got-ocrb.Stroke) > 0.011 {
					t.Errorf("%q: a stem is %.2f mm wide", r, got)
				}
			}
		}
		if first {
			t.Errorf("%q: no stem found", r)
		}
	}
}

// No two characters may be near to one another: readers live on the difference.
func TestCharactersDiffer(t *testing.T) {
	masks := map[rune]*image.Alpha{}
	for _, r := range ocrb.Characters {
		masks[r], _ = inked(t, r)
	}
	for i, a := range ocrb.Characters {
		for _, b := range ocrb.Characters[i+1:] {
			both, either := 0, 0
			for y := -260; y < 40; y += 2 {
				for x := 0; x < 254; x += 2 {
					inA, inB := masks[a].AlphaAt(x, y).A >= 128, masks[b].AlphaAt(x, y).A >= 128
					if inA && inB {
						both++
					}
					if inA || inB {
						either++
					}
				}
			}
			if overlap := float64(both) / float64(either); overlap > 0.8 {
				t.Errorf("%q and %q share %.0f %% of their ink", a, b, 100*overlap)
			}
		}
	}
}
