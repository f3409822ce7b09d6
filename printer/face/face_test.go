package face_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

var sides = []printer.Side{printer.Front, printer.Back}

func profile(t testing.TB, id string) *cardprofile.Profile {
	t.Helper()
	p, err := cardprofile.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everybody is the data of every synthetic person whose record can be read.
func everybody(t testing.TB, p *cardprofile.Profile) []face.Data {
	t.Helper()
	if _, done := known[p.ID]; !done {
		b, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
		if err != nil {
			t.Fatal(err)
		}
		portraits := citizen.PortraitsIn(people.FS())
		for _, r := range b.Accepted {
			jpeg, err := portraits.Load(r)
			if err != nil {
				t.Fatal(err)
			}
			if p.Document.MRZRule == "icao" {
				r.DocumentNumber = "SPEC" + r.Number[8:]
				r.NoExpiry, r.DateOfExpiry = false, cardprofile.Date{}
			}
			d, err := face.Of(p, r, jpeg)
			if err != nil {
				t.Fatal(err)
			}
			if d.Fields["can"] == "" {
				d.Fields["can"] = "042042"
			}
			known[p.ID] = append(known[p.ID], d)
		}
	}
	if len(known[p.ID]) < 20 {
		t.Fatalf("only %d people", len(known[p.ID]))
	}
	all := slices.Clone(known[p.ID])
	for i := range all {
		all[i].Fields = maps.Clone(all[i].Fields)
	}
	return all
}

var known = map[string][]face.Data{} // tests here run one after another

// layouts are the profiles that print something.
func layouts(t testing.TB) []*cardprofile.Profile {
	t.Helper()
	var out []*cardprofile.Profile
	for _, id := range cardprofile.List() {
		if p := profile(t, id); p.Faces != nil {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		t.Fatal("no profile has a layout")
	}
	return out
}

func TestSizeAtEveryResolution(t *testing.T) {
	p := profile(t, "vn-cccd-2021")
	d := everybody(t, p)[0]
	for dpi, want := range map[int]image.Point{300: {1011, 638}, 600: {2022, 1275}} {
		r, err := face.New(p, dpi)
		if err != nil {
			t.Fatal(err)
		}
		f, err := r.Render(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sides {
			if got := f.Face(s).Colour.Bounds().Size(); got != want {
				t.Errorf("%s at %d dpi is %v, want %v", s, dpi, got, want)
			}
		}
		if f.Front == f.Back || f.DPI != dpi || f.Face(printer.Back).DPI != dpi {
			t.Errorf("the faces at %d dpi do not say so", dpi)
		}
	}
	for _, dpi := range []int{-1, 0, 72, 4800} {
		if _, err := face.New(p, dpi); !errors.Is(err, face.ErrDPI) {
			t.Errorf("%d dpi: %v", dpi, err)
		}
	}
}

func TestSameDataSamePicture(t *testing.T) {
	p := profile(t, "vn-cccd-2021")
	d := everybody(t, p)[7]
	first, err := face.Render(p, d)
	if err != nil {
		t.Fatal(err)
	}
	r, err := face.New(p, face.DefaultDPI)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	for range 3 { // a renderer serves many stations
		work.Go(func() {
			f, err := r.Render(d)
			if err != nil {
				t.Error(err)
				return
			}
			for _, s := range sides {
				if !bytes.Equal(first.Face(s).Colour.(*image.RGBA).Pix, f.Face(s).Colour.(*image.RGBA).Pix) {
					t.Errorf("two renderings of the %s differ", s)
				}
			}
		})
	}
	work.Wait()
}

func TestQRReadsBack(t *testing.T) {
	for _, p := range layouts(t) {
		if p.QR.Format == "none" {
			continue
		}
		r, err := face.New(p, face.DefaultDPI)
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range everybody(t, p) {
			f, err := r.Render(d)
			if err != nil {
				t.Fatalf("%s, person %d: %v", p.ID, i+1, err)
			}
			read := false
			for _, s := range sides {
				bitmap, err := gozxing.NewBinaryBitmapFromImage(f.Face(s).Colour)
				if err != nil {
					t.Fatal(err)
				}
				result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
					gozxing.DecodeHintType_CHARACTER_SET: "UTF-8", gozxing.DecodeHintType_TRY_HARDER: true,
				})
				if err != nil {
					continue
				}
				read = true
				if result.GetText() != d.QR {
					t.Errorf("%s, person %d: the code says something else than was printed", p.ID, i+1)
				}
			}
			if !read {
				t.Errorf("%s, person %d: the code cannot be read from the picture", p.ID, i+1)
			}
		}
	}
}

// Doc 9303-5 (8th ed.), 4.2.1.3 and Figure 6.
func TestZoneStandsWhereReadersLook(t *testing.T) {
	const dpi = 600
	p := profile(t, "vn-cccd-2021")
	d := everybody(t, p)[0]
	// H and < alone: their ink has a known place in the cell
	d.MRZ = []string{strings.Repeat("H", 30), strings.Repeat("<", 30), strings.Repeat("H", 30)}
	r, err := face.New(p, dpi)
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	mm := func(px float64) float64 { return px * 25.4 / dpi }
	dark := func(x, y int) bool {
		c := f.Back.RGBAAt(x, y)
		return int(c.R)+int(c.G)+int(c.B) < 3*0x60
	}
	h := f.Back.Bounds().Dy()
	for line, centre := range []float64{11.5 + 4.23, 11.5, 11.5 - 4.23} {
		y0 := h - int((centre+1.475)*dpi/25.4)
		y1 := h - int((centre-1.475)*dpi/25.4)
		// the columns that have ink inside the printing zone, as runs
		var starts []float64
		inside := false
		top, bottom := h, 0
		for x := range f.Back.Bounds().Dx() {
			ink := false
			for y := y0; y < y1; y++ {
				if dark(x, y) {
					ink = true
					top, bottom = min(top, y), max(bottom, y)
				}
			}
			if ink && !inside {
				starts = append(starts, mm(float64(x)))
			}
			inside = ink
		}
		if len(starts) != 30 {
			t.Fatalf("line %d: %d characters stand apart, want 30", line+1, len(starts))
		}
		if starts[0] < 4 || starts[0] > 6 {
			t.Errorf("line %d begins %.2f mm from the left edge, want 5.0 ± 1.0", line+1, starts[0])
		}
		for i, x := range starts {
			if want := starts[0] + 2.54*float64(i); math.Abs(x-want) > 0.05 {
				t.Errorf("line %d: character %d stands at %.3f mm, want %.3f", line+1, i+1, x, want)
			}
		}
		if line == 1 { // < is even around the reference centre line
			if got := mm(float64(h) - float64(top+bottom+1)/2); math.Abs(got-11.5) > 0.1 {
				t.Errorf("the reference centre line is %.2f mm from the bottom, want 11.5", got)
			}
		}
		// clear background around the printing zone
		for x := range f.Back.Bounds().Dx() {
			if dark(x, y0-3) || dark(x, y1+3) {
				t.Fatalf("line %d reaches out of its printing zone", line+1)
			}
		}
	}
}

func TestEveryCharacterHasAGlyph(t *testing.T) {
	for _, p := range layouts(t) {
		var texts []string
		for _, f := range []cardprofile.Face{p.Faces.Front, p.Faces.Back} {
			for _, e := range f.Elements {
				texts = append(texts, e.Text.VI, e.Text.EN)
			}
		}
		for _, d := range everybody(t, p) {
			for _, v := range d.Fields {
				texts = append(texts, v, strings.ToUpper(v))
			}
		}
		for _, font := range face.Fonts() {
			for _, text := range texts {
				if err := face.Missing(font, text); err != nil {
					t.Errorf("%s: %v", p.ID, err)
				}
			}
		}
	}
	// the whole alphabet with all of its marks, composed or not
	marks := []string{"", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
	for _, vowel := range strings.Split("a ă â e ê i o ô ơ u ư y A Ă Â E Ê I O Ô Ơ U Ư Y", " ") {
		for _, m := range marks {
			for _, font := range face.Fonts() {
				if err := face.Missing(font, vowel+m+"đĐ"); err != nil {
					t.Error(err)
				}
				if up, down, err := face.Extent(font, vowel+m); err != nil || up > face.LineAscent || down > face.LineDescent {
					t.Errorf("%s: %s reaches %.3f up and %.3f down: %v", font, vowel+m, up, down, err)
				}
			}
		}
	}
	if err := face.Missing("sans", "字"); err == nil || strings.Contains(err.Error(), "字") {
		t.Errorf("a character no font has: %v", err)
	}
}

// Nothing that is to be read may lie over anything else that is.
func TestNothingOverlaps(t *testing.T) {
	read := map[cardprofile.Kind]bool{cardprofile.KindText: true, cardprofile.KindLabel: true, cardprofile.KindPhoto: true,
		cardprofile.KindQR: true, cardprofile.KindMRZ: true, cardprofile.KindChip: true}
	for _, p := range layouts(t) {
		var fixed [2]map[string]image.Rectangle
		for _, s := range sides {
			var err error
			if fixed[s], err = face.Ink(p, s, face.Data{}, face.MinDPI, false); err != nil {
				t.Fatal(err)
			}
		}
		for i, d := range everybody(t, p) {
			for _, s := range sides {
				ink, err := face.Ink(p, s, d, face.MinDPI, true)
				if err != nil {
					t.Fatalf("%s, person %d: %v", p.ID, i+1, err)
				}
				maps.Copy(ink, fixed[s])
				f := p.Faces.Front
				if s == printer.Back {
					f = p.Faces.Back
				}
				card := image.Rect(0, 0, 1011, 638)
				for a, e := range f.Elements {
					if !ink[e.ID].In(card) {
						t.Errorf("%s, person %d: %s reaches over the edge of the %s", p.ID, i+1, e.ID, s)
					}
					for _, o := range f.Elements[a+1:] {
						if both := ink[e.ID].Intersect(ink[o.ID]); read[e.Kind] && read[o.Kind] && both.Dx() > 1 && both.Dy() > 1 {
							t.Errorf("%s, person %d: on the %s, %s lies over %s by %v", p.ID, i+1, s, o.ID, e.ID, both.Size())
						}
					}
				}
			}
		}
	}
}

// The mark has to be there, large, on both faces, and let what is below be read.
func TestSpecimenIsUnmistakable(t *testing.T) {
	for _, p := range layouts(t) {
		d := everybody(t, p)[0]
		marked, err := face.Render(p, d)
		if err != nil {
			t.Fatal(err)
		}
		bare := *p
		layout := *p.Faces
		bare.Faces = &layout
		for _, f := range []*cardprofile.Face{&layout.Front, &layout.Back} {
			var kept []cardprofile.Element
			for _, e := range f.Elements {
				if e.Kind != cardprofile.KindWatermark {
					kept = append(kept, e)
				}
			}
			f.Elements = kept
		}
		without, err := face.Render(&bare, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sides {
			a, b := marked.Face(s).Colour.(*image.RGBA), without.Face(s).Colour.(*image.RGBA)
			changed, lost := 0, 0
			var box image.Rectangle
			for y := range a.Bounds().Dy() {
				for x := range a.Bounds().Dx() {
					c, w := a.RGBAAt(x, y), b.RGBAAt(x, y)
					if c == w {
						continue
					}
					changed++
					box = box.Union(image.Rect(x, y, x+1, y+1))
					// dark stays dark and light stays light
					light := func(r, g, b uint8) int { return (299*int(r) + 587*int(g) + 114*int(b)) / 1000 }
					if diff := light(c.R, c.G, c.B) - light(w.R, w.G, w.B); diff > 60 || diff < -60 {
						lost++
					}
				}
			}
			if share := float64(changed) / float64(a.Bounds().Dx()*a.Bounds().Dy()); share < 0.06 {
				t.Errorf("%s: the mark covers %.1f %% of the %s", p.ID, 100*share, s)
			}
			if box.Dx() < a.Bounds().Dx()*2/3 || box.Dy() < a.Bounds().Dy()/2 {
				t.Errorf("%s: the mark on the %s takes %v of %v", p.ID, s, box.Size(), a.Bounds().Size())
			}
			if lost > 0 {
				t.Errorf("%s: under the mark on the %s %d pixels can no longer be told", p.ID, s, lost)
			}
		}
	}
}

func TestWhatCannotFitIsNamedAndNotShown(t *testing.T) {
	p := profile(t, "vn-cccd-2021")
	secret := strings.Repeat("Bí mật ", 60)
	for field := range map[string]bool{"full_name": true, "residence": true, "place_of_origin": true, "features": true, "number": true} {
		d := everybody(t, p)[0]
		d.Fields[field] = secret
		_, err := face.Render(p, d)
		var e *face.Error
		if !errors.As(err, &e) || e.Field != field || !errors.Is(err, face.ErrNoRoom) {
			t.Errorf("%s: %v", field, err)
			continue
		}
		if strings.Contains(err.Error(), "mật") || !strings.Contains(err.Error(), field) {
			t.Errorf("the error reads %q", err)
		}
	}
	bad := map[string]func(*face.Data){
		"no portrait":            func(d *face.Data) { d.Portrait = nil },
		"no zone":                func(d *face.Data) { d.MRZ = nil },
		"a zone too wide":        func(d *face.Data) { d.MRZ = []string{strings.Repeat("A", 44)} },
		"too many lines":         func(d *face.Data) { d.MRZ = make([]string, 9) },
		"a letter not in OCR-B":  func(d *face.Data) { d.MRZ = []string{"IDVNMđ"} },
		"no QR text":             func(d *face.Data) { d.QR = "" },
		"far too much QR text":   func(d *face.Data) { d.QR = strings.Repeat("x", 5000) },
		"too much for the place": func(d *face.Data) { d.QR = strings.Repeat("x", 700) },
		"a letter no font has":   func(d *face.Data) { d.Fields["full_name"] = "字" },
	}
	for name, spoil := range bad {
		d := everybody(t, p)[0]
		spoil(&d)
		var e *face.Error
		if f, err := face.Render(p, d); f != nil || !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLayoutsThatCannotBeDrawn(t *testing.T) {
	if _, err := face.New(&cardprofile.Profile{}, 300); !errors.Is(err, face.ErrNoLayout) {
		t.Errorf("no layout: %v", err)
	}
	base := cardprofile.Element{ID: "x", X: 5, Y: 5, W: 20, H: 5}
	for name, change := range map[string]func(*cardprofile.Element){
		"unknown kind":    func(e *cardprofile.Element) { e.Kind = "hologram" },
		"unknown drawing": func(e *cardprofile.Element) { e.Kind, e.Drawing = cardprofile.KindDrawing, "eagle" },
		"unknown font":    func(e *cardprofile.Element) { e.Kind, e.Text.VI, e.Font = cardprofile.KindText, "a", "comic" },
		"label too long":  func(e *cardprofile.Element) { e.Kind, e.Text.VI = cardprofile.KindLabel, strings.Repeat("a", 99) },
		"no mark":         func(e *cardprofile.Element) { e.Kind = cardprofile.KindWatermark },
	} {
		e := base
		change(&e)
		p := &cardprofile.Profile{Faces: &cardprofile.Faces{Front: cardprofile.Face{Elements: []cardprofile.Element{e}}}}
		var fe *face.Error
		if _, err := face.New(p, 300); !errors.As(err, &fe) || fe.Element != "x" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingPersonalIsPrinted(t *testing.T) {
	p := profile(t, "vn-cccd-2021")
	d := everybody(t, p)[0]
	f, err := face.Render(p, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, v := range []any{d, &d, *f, f} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, d.Fields["number"]) || len(s) > 40 {
				t.Errorf("%s prints %.80s", verb, s)
			}
		}
	}
}

func TestRoundedCutsTheCorners(t *testing.T) {
	p := profile(t, "vn-cccd-2021")
	f, err := face.Render(p, everybody(t, p)[0])
	if err != nil {
		t.Fatal(err)
	}
	img := f.Rounded(printer.Front)
	if img.NRGBAAt(0, 0).A != 0 || img.NRGBAAt(1010, 637).A != 0 {
		t.Error("a corner is not cut")
	}
	if img.NRGBAAt(505, 0).A < 0x80 || img.NRGBAAt(505, 300).A != 0xFF {
		t.Error("more than the corners is cut")
	}
}

func BenchmarkFace300(b *testing.B) {
	p := profile(b, "vn-cccd-2021")
	d := everybody(b, p)[0]
	r, err := face.New(p, 300)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := r.Render(d); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(2*b.N), "ms/face")
}
