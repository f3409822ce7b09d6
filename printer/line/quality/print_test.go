package quality_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/printer/line/quality"
	"github.com/chipid-toolkit/chipid/testcards/camera"
)

// facesOf draws the card of person n with the portrait of person photo.
func facesOf(tb testing.TB, b *bureau, n, photo int) *face.Faces {
	tb.Helper()
	d, err := face.Of(b.profile, b.records[n], b.portraits[photo])
	if err != nil {
		tb.Fatal(err)
	}
	f, err := face.Render(b.profile, d)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func judge(tb testing.TB, plan *issue.Plan, side printer.Side, img image.Image) *quality.Report {
	tb.Helper()
	r := &quality.Report{}
	if err := (&quality.Checker{}).PrintOf(plan, side, img, r); err != nil {
		tb.Fatal(err)
	}
	return r
}

// full is the long form of these tests, minutes of drawing: CHIPID_QUALITY=all.
var full = os.Getenv("CHIPID_QUALITY") == "all"

// Every card of these profiles, seen by a camera that works, is good.
func TestNoFalseAlarms(t *testing.T) {
	seed, pictures := uint64(1), 0
	for _, profile := range []string{"vn-cccd-2021", "vn-cancuoc-2024", "icao-td1"} {
		b := open(t, profile)
		people, times := 4, 1
		if full {
			people, times = 10, 4
		}
		for n := range b.records[:people] {
			plan, f := b.plan(t, n, n), facesOf(t, b, n, n)
			for range times {
				for side, img := range []*image.RGBA{f.Front, f.Back} {
					o := camera.Draw(seed)
					if r := judge(t, plan, printer.Side(side), camera.Take(img, o)); len(r.Findings) > 0 {
						t.Errorf("%s, person %d, seed %d: %s", profile, n, seed, r.Problem())
					}
					seed++
					pictures++
				}
			}
		}
	}
	t.Logf("%d pictures", pictures)
}

func element(tb testing.TB, p *cardprofile.Profile, k cardprofile.Kind) (cardprofile.Element, printer.Side) {
	tb.Helper()
	for side, f := range []cardprofile.Face{p.Faces.Front, p.Faces.Back} {
		for _, e := range f.Elements {
			if e.Kind == k {
				return e, printer.Side(side)
			}
		}
	}
	tb.Fatalf("no %s", k)
	return cardprofile.Element{}, 0
}

// wipe paints an element over.
func wipe(img *image.RGBA, e cardprofile.Element) {
	s := float64(img.Rect.Dx()) / cardprofile.CardWidth
	r := image.Rect(int(e.X*s), int(e.Y*s), int((e.X+e.W)*s)+1, int((e.Y+e.H)*s)+1)
	draw.Draw(img, r, image.NewUniform(color.RGBA{0xE0, 0xE8, 0xF0, 0xFF}), image.Point{}, draw.Src)
}

func TestEachFaultOfThePrintIsCaught(t *testing.T) {
	profiles, people := []string{"vn-cccd-2021"}, 1
	if full {
		profiles, people = []string{"vn-cccd-2021", "vn-cancuoc-2024"}, 3
	}
	for _, profile := range profiles {
		b := open(t, profile)
		photo, _ := element(t, b.profile, cardprofile.KindPhoto)
		zone, _ := element(t, b.profile, cardprofile.KindMRZ)
		qr, qrSide := element(t, b.profile, cardprofile.KindQR)
		pick := func(f *face.Faces, s printer.Side) *image.RGBA {
			if s == printer.Back {
				return f.Back
			}
			return f.Front
		}
		for n := range people {
			plan := b.plan(t, n, n)
			for name, c := range map[string]struct {
				side printer.Side
				want quality.Code
				take func(f *face.Faces, o camera.Options) image.Image
			}{
				"wrong photo": {printer.Front, quality.PrintPortrait, func(_ *face.Faces, o camera.Options) image.Image {
					return camera.Take(facesOf(t, b, n, n+3).Front, o)
				}},
				"no photo": {printer.Front, quality.PrintPortrait, func(f *face.Faces, o camera.Options) image.Image {
					wipe(f.Front, photo)
					return camera.Take(f.Front, o)
				}},
				"another's back": {printer.Back, quality.PrintMRZ, func(_ *face.Faces, o camera.Options) image.Image {
					return camera.Take(facesOf(t, b, n+1, n).Back, o)
				}},
				"shifted front": {printer.Front, quality.PrintShift, func(f *face.Faces, o camera.Options) image.Image {
					o.PrintX = 1
					return camera.Take(f.Front, o)
				}},
				"shifted back": {printer.Back, quality.PrintShift, func(f *face.Faces, o camera.Options) image.Image {
					o.PrintY = -0.9
					return camera.Take(f.Back, o)
				}},
				"smudged zone": {printer.Back, quality.PrintMRZUnfit, func(f *face.Faces, o camera.Options) image.Image {
					o.Smudge = []camera.Smudge{{X: zone.X + 12 + 9*float64(n), Y: zone.Y + 2 + 4*float64(n), RX: 6, RY: 3, Strength: 0.95}}
					return camera.Take(f.Back, o)
				}},
				"light smudge": {printer.Back, quality.PrintSmudge, func(f *face.Faces, o camera.Options) image.Image {
					o.Smudge = []camera.Smudge{{X: zone.X + 30, Y: zone.Y + 6, RX: 8, RY: 4, Strength: 0.5}}
					return camera.Take(f.Back, o)
				}},
				"wrong side": {printer.Back, quality.PrintSide, func(f *face.Faces, o camera.Options) image.Image {
					return camera.Take(f.Front, o)
				}},
				"wrong side, front": {printer.Front, quality.PrintSide, func(f *face.Faces, o camera.Options) image.Image {
					return camera.Take(f.Back, o)
				}},
				"upside down": {printer.Back, quality.PrintSide, func(f *face.Faces, o camera.Options) image.Image {
					return camera.Take(turned(f.Back), o)
				}},
				"blank side": {printer.Back, quality.PrintBlank, func(_ *face.Faces, o camera.Options) image.Image {
					return camera.Take(nil, o)
				}},
				"missing code": {qrSide, quality.PrintQRUnfit, func(f *face.Faces, o camera.Options) image.Image {
					wipe(pick(f, qrSide), qr)
					return camera.Take(pick(f, qrSide), o)
				}},
				"another's code": {qrSide, quality.PrintQR, func(_ *face.Faces, o camera.Options) image.Image {
					return camera.Take(pick(facesOf(t, b, n+1, n), qrSide), o)
				}},
				"no blue": {printer.Front, quality.PrintColour, func(f *face.Faces, o camera.Options) image.Image {
					for i := 2; i < len(f.Front.Pix); i += 4 {
						f.Front.Pix[i] = 0xF0
					}
					return camera.Take(f.Front, o)
				}},
				"no card": {printer.Front, quality.PrintUnseen, func(*face.Faces, camera.Options) image.Image {
					return image.NewRGBA(image.Rect(0, 0, 900, 700))
				}},
			} {
				o := camera.Draw(uint64(1000 + n))
				r := judge(t, plan, c.side, c.take(facesOf(t, b, n, n), o))
				if !r.Has(c.want) {
					t.Errorf("%s, person %d, %s: want %s, found %q", profile, n, name, c.want, r.Problem())
				}
				for _, line := range plan.MRZ.Lines {
					if strings.Contains(r.Problem(), line) {
						t.Errorf("%s: the finding holds what was read", name)
					}
				}
			}
		}
	}
}

func turned(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	n := len(img.Pix)
	for i := 0; i < n; i += 4 {
		copy(out.Pix[i:i+4], img.Pix[n-4-i:n-i])
	}
	return out
}

// The whole way: a chip, a folder that a camera leaves files in, a verdict.
func TestACardIsSeenThroughAFolder(t *testing.T) {
	b := open(t, "vn-cccd-2021")
	plan := b.plan(t, 0, 0)
	chip, made := b.card(t, plan)
	dir := t.TempDir()
	c := b.checker()
	c.Camera = quality.Folder{Dir: dir, Wait: 20 * time.Second}
	f := facesOf(t, b, 0, 0)
	stale := filepath.Join(dir, "front.png")
	if err := os.WriteFile(stale, []byte("an older picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serve(dir, f) }()
	q, err := c.Check(context.Background(), chip, work(plan, made), made)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if q.Problem != "" {
		t.Errorf("a good card: %s", q.Problem)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%d files stay in the camera's folder, %v", len(left), err)
	}
}

// serve is a camera: it answers each request once.
func serve(dir string, f *face.Faces) error {
	for i, name := range []string{"front", "back"} {
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, name+".want")); err == nil {
				break
			}
			if time.Now().After(end) {
				return errors.New("nobody asked for " + name)
			}
		}
		img := f.Front
		if i == 1 {
			img = f.Back
		}
		out, err := os.Create(filepath.Join(dir, name+".tmp"))
		if err != nil {
			return err
		}
		if err := errors.Join(png.Encode(out, camera.Take(img, camera.Draw(77+uint64(i)))), out.Close()); err != nil {
			return err
		}
		if err := os.Rename(out.Name(), filepath.Join(dir, name+".png")); err != nil {
			return err
		}
	}
	return nil
}

func TestAFolderThatGivesNothing(t *testing.T) {
	if _, err := (quality.Folder{Dir: t.TempDir(), Wait: 30 * time.Millisecond}).Picture(context.Background(), printer.Back); !errors.Is(err, quality.ErrNoPicture) {
		t.Errorf("got %v", err)
	}
}
