package printer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/printertest"
)

func TestDrivers(t *testing.T) {
	dirs := map[printer.Printer]string{}
	for name, d := range map[string]printertest.Driver{
		"files": {
			Open: func(t *testing.T) printer.Printer {
				dir := filepath.Join(t.TempDir(), "out")
				p, err := printer.Open(t.Context(), "files:"+dir, printer.Options{})
				if err != nil {
					t.Fatal(err)
				}
				dirs[p] = dir
				return p
			},
			// The directory's place is taken by a file, as when a disk goes away.
			Break: func(t *testing.T, p printer.Printer) func() {
				dir := dirs[p]
				if err := os.Rename(dir, dir+".away"); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(dir, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				return func() {
					if err := errors.Join(os.Remove(dir), os.Rename(dir+".away", dir)); err != nil {
						t.Fatal(err)
					}
				}
			},
		},
		"virtual": {
			Open: func(t *testing.T) printer.Printer {
				p, err := printer.Open(t.Context(), "virtual:hopper=10", printer.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return p
			},
			Break: func(_ *testing.T, p printer.Printer) func() {
				p.(*printer.Virtual).Break(printer.Fault{Op: printer.OpPrint, Err: printer.ErrRibbon})
				return func() {}
			},
		},
		"ipp, both sides at once":    ippDriver("", "one-sided", "two-sided-long-edge", "two-sided-short-edge"),
		"ipp, one side":              ippDriver("", "one-sided"),
		"manual, ipp, both sides":    ippDriver("manual", "one-sided", "two-sided-long-edge"),
		"manual, ipp, one side":      ippDriver("manual", "one-sided"),
		"manual, printed by hand":    manualDriver(true),
		"manual, nobody to be asked": manualDriver(false),
	} {
		t.Run(name, func(t *testing.T) { printertest.Run(t, d) })
	}
	if got := printer.Drivers(); !slices.Equal(got, []string{"files", "ipp", "ipps", "manual", "virtual"}) {
		t.Errorf("drivers %v: each has to be in the table above", got)
	}
}

func TestOpenRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, address := range []string{"", "files", "files:", "laser:x", "virtual:hopper=-1", "virtual:colour=1",
		"ipp:", "ipp:///ipp/print", "ipp://user:secret@host/", "ipp://host/?q", "ipps://%zz", "manual:", "manual:" + t.TempDir() + "?print=files:x", "manual:" + t.TempDir() + "?x"} {
		if _, err := printer.Open(t.Context(), address, printer.Options{}); !errors.Is(err, printer.ErrUnknownDriver) || !errors.Is(err, printer.Err) {
			t.Errorf("Open(%q): %v", address, err)
		}
	}
}

func TestEveryErrorIsAPrinterError(t *testing.T) {
	for _, err := range []error{printer.ErrOffline, printer.ErrJam, printer.ErrRibbon, printer.ErrCover, printer.ErrNoCards, printer.ErrBinFull} {
		if !printer.Resumable(fmt.Errorf("wrapped: %w", err)) || !errors.Is(fmt.Errorf("wrapped: %w", err), printer.Err) {
			t.Errorf("%v is no resumable error of a printer", err)
		}
	}
	for _, err := range []error{printer.ErrNoCard, printer.ErrSide, printer.ErrSuspended, printer.ErrCancelled, context.Canceled, nil} {
		if printer.Resumable(err) {
			t.Errorf("%v is resumable", err)
		}
	}
}

func card(t *testing.T, p printer.Printer, end func(context.Context) error) {
	t.Helper()
	ctx := context.Background()
	for _, step := range []func() error{
		func() error { return p.Feed(ctx) },
		func() error { return p.Print(ctx, printertest.Face(printer.Front)) },
		func() error { return p.Flip(ctx) },
		func() error { return p.Print(ctx, printertest.Face(printer.Back)) },
		func() error { return end(ctx) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.IsDir() {
			if info.Mode().Perm() != 0o700 {
				t.Errorf("directory mode %v", info.Mode())
			}
			return nil
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", info.Name(), info.Mode())
		}
		rel, err := filepath.Rel(dir, path)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFilesKeepsCardsApart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cards")
	p, err := printer.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	card(t, p, p.Eject)
	card(t, p, p.Reject)
	card(t, p, p.Eject)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"0001-back.png", "0001-front.png", "0003-back.png", "0003-front.png", "rejected/0002-back.png", "rejected/0002-front.png", "sheet-0001.pdf"}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	// A second run goes on with the numbers: nothing is written over.
	p, err = printer.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	card(t, p, p.Eject)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Contains(got, "0004-front.png") || !slices.Contains(got, "sheet-0004.pdf") {
		t.Errorf("the second run left %v", got)
	}
}

func TestFilesWritesASheetOfFortyCards(t *testing.T) {
	dir := t.TempDir()
	p, err := printer.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 41 {
		card(t, p, p.Eject)
	}
	if _, err := os.Stat(filepath.Join(dir, "sheet-0001.pdf")); err != nil {
		t.Error("a full sheet was kept back")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "sheet-0041.pdf")); err != nil {
		t.Error("the last sheet was not written")
	}
}

func TestFilesWritesUVApart(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	p, err := printer.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := printertest.Face(printer.Front)
	f.UV = image.NewGray(f.Colour.Bounds())
	for _, err := range []error{p.Feed(ctx), p.Print(ctx, f), p.Eject(ctx), p.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "0001-front-uv.png")); err != nil {
		t.Error(err)
	}
}

// What a late fault leaves printed is not printed a second time.
func TestResumePrintsNothingTwice(t *testing.T) {
	for _, late := range []bool{false, true} {
		v, ctx := printer.NewVirtual(), context.Background()
		v.Break(printer.Fault{Op: printer.OpPrint, Err: printer.ErrJam, Late: late})
		if err := v.Feed(ctx); err != nil {
			t.Fatal(err)
		}
		if err := v.Print(ctx, printertest.Face(printer.Front)); !errors.Is(err, printer.ErrJam) {
			t.Fatalf("late %v: %v", late, err)
		}
		if err := v.Resume(ctx); err != nil {
			t.Fatal(err)
		}
		if err := v.Eject(ctx); err != nil {
			t.Fatal(err)
		}
		good, _ := v.Bins()
		if len(good) != 1 || good[0].Front != 1 {
			t.Errorf("late %v: the bin holds %+v", late, good)
		}
	}
}

func TestVirtualRunsOutOfCards(t *testing.T) {
	v, ctx := printer.NewVirtual(), context.Background()
	v.Load(1)
	card(t, v, v.Eject)
	if err := v.Feed(ctx); !errors.Is(err, printer.ErrNoCards) {
		t.Fatalf("an empty hopper: %v", err)
	}
	v.Load(1)
	if err := v.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	if err := v.Reject(ctx); err != nil {
		t.Fatal(err)
	}
	if err := v.Feed(ctx); !errors.Is(err, printer.ErrNoCards) {
		t.Fatalf("an empty hopper: %v", err)
	}
	// cancelling a feed spoils no card
	if err := v.Cancel(ctx); err != nil {
		t.Fatal(err)
	}
	v.Load(1)
	card(t, v, v.Eject)
}

func TestFaultsHappenInTheirTurn(t *testing.T) {
	v, ctx := printer.NewVirtual(), context.Background()
	v.Break(printer.Fault{Op: printer.OpFeed, After: 1, Err: printer.ErrCover})
	card(t, v, v.Eject)
	if err := v.Feed(ctx); !errors.Is(err, printer.ErrCover) {
		t.Fatalf("the second feeding: %v", err)
	}
	// a fault that comes again while resuming suspends again
	v.Break(printer.Fault{Op: printer.OpFeed, Err: printer.ErrJam})
	if err := v.Resume(ctx); !errors.Is(err, printer.ErrJam) {
		t.Fatalf("resuming: %v", err)
	}
	if s, _ := v.Status(ctx); s.Suspended != "feed" {
		t.Errorf("status %+v", s)
	}
	if err := v.Resume(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestPNGStatesItsResolution(t *testing.T) {
	var b bytes.Buffer
	if err := printer.WritePNG(&b, image.NewRGBA(image.Rect(0, 0, 4, 3)), 300); err != nil {
		t.Fatal(err)
	}
	// 300 dots per 25.4 mm are 11811 per metre, twice, unit 1
	if !bytes.Contains(b.Bytes()[:70], []byte("\x00\x00\x00\x09pHYs\x00\x00\x2e\x23\x00\x00\x2e\x23\x01")) {
		t.Error("no pHYs chunk behind the header")
	}
	img, err := png.Decode(&b) // checks the chunk's CRC
	if err != nil || img.Bounds() != image.Rect(0, 0, 4, 3) {
		t.Errorf("read back: %v", err)
	}
	if err := printer.WritePNG(&b, nil, 300); !errors.Is(err, printer.ErrFace) {
		t.Errorf("no picture: %v", err)
	}
}

func TestFlattenLaysBlackOverColour(t *testing.T) {
	f := printertest.Face(printer.Front)
	black := image.NewNRGBA(f.Colour.Bounds())
	black.SetNRGBA(1, 1, color.NRGBA{0, 0, 0, 0xFF})
	black.SetNRGBA(2, 1, color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF})
	f.Black = black
	img := f.Flatten()
	if r, _, _, _ := img.At(1, 1).RGBA(); r != 0 {
		t.Error("a dark pixel is not ink")
	}
	if img.At(2, 1) != img.At(0, 0) || img.At(0, 0) == (color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}) {
		t.Error("a light pixel covers the colour below")
	}
}

func TestSheetIsTheSameEveryTime(t *testing.T) {
	var made [2]bytes.Buffer
	for i := range made {
		s := printer.NewSheet()
		for range 5 {
			if err := s.Add(printertest.Face(printer.Front), printertest.Face(printer.Back)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Write(&made[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(made[0].Bytes(), made[1].Bytes()) {
		t.Error("two sheets of the same cards differ")
	}
	if n := strings.Count(made[0].String(), "/Type /Page\n"); n != 2 {
		t.Errorf("%d pages for five cards", n)
	}
	if err := printer.NewSheet().Write(&made[0]); err == nil {
		t.Error("a sheet without cards was written")
	}
}

// FuzzOpen: an address is the operator's, and yet no reason to fall over.
func FuzzOpen(f *testing.F) {
	for _, s := range []string{"virtual:", "virtual:hopper=3", "virtual:hopper=99999999999999999999", ":", "virtual:,,=,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if strings.HasPrefix(address, "files:") || strings.HasPrefix(address, "manual:") {
			return // it would write where the fuzzer points
		}
		if p, err := printer.Open(t.Context(), address, printer.Options{}); err == nil {
			_ = p.Close()
		}
	})
}
