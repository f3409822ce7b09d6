package printertest

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"github.com/chipid-toolkit/chipid/printer"
)

// Driver is a driver under test.
type Driver struct {
	// Open opens a fresh printer with at least ten blanks.
	Open func(t *testing.T) printer.Printer
	// Break makes the printer's next print fail with a fault an operator can
	// put right, and returns what puts it right.
	Break func(t *testing.T, p printer.Printer) (repair func())
	// Crash, if set, leaves p as a killed process leaves it, and opens the same
	// printer again.
	Crash func(t *testing.T, p printer.Printer) printer.Printer
}

// Face is a small face for one side.
func Face(s printer.Side) printer.Face { return FaceAt(s, 30) }

// FaceAt is a face of the size of a card at a resolution.
func FaceAt(s printer.Side, dpi int) printer.Face {
	pixels := func(mm float64) int { return int(math.Round(mm / 25.4 * float64(dpi))) }
	img := image.NewRGBA(image.Rect(0, 0, pixels(85.60), pixels(53.98)))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{0xE0, 0xF0, 0xEE, 0xFF}), image.Point{}, draw.Src)
	return printer.Face{Side: s, DPI: dpi, Colour: img}
}

// can is what the printer says it can do.
func can(t *testing.T, p printer.Printer) printer.Capabilities {
	t.Helper()
	if _, ok := p.(printer.Capable); !ok {
		t.Fatal("the driver does not say what it can do")
	}
	c, err := printer.CapabilitiesOf(context.Background(), p)
	must(t, err)
	return c
}

// face is a face that the printer can print.
func face(t *testing.T, p printer.Printer, s printer.Side) printer.Face {
	t.Helper()
	f := Face(s)
	if c := can(t, p); len(c.DPI) > 0 {
		f = FaceAt(s, c.DPI[0])
	}
	must(t, can(t, p).Fits(f))
	return f
}

// Run tests a driver.
func Run(t *testing.T, d Driver) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Driver)
	}{
		{"a card is printed on both sides and delivered", delivered},
		{"a card goes to each station", stations},
		{"a card is rejected", rejected},
		{"what does not fit the moment is refused", refused},
		{"a bad face is refused", badFaces},
		{"a fault suspends and resume carries on", resumed},
		{"a cancelled card can only be rejected", cancelled},
		{"a cancelled context does nothing", stopped},
		{"closing", closed},
		{"a crash forgets no card", crashed},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, d) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refuses wants exactly this error, and one that says printer.
func refuses(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
	if !errors.Is(err, printer.Err) {
		t.Errorf("%s: %v is not known as a printer's error", what, err)
	}
}

func status(t *testing.T, p printer.Printer) printer.Status {
	t.Helper()
	s, err := p.Status(context.Background())
	must(t, err)
	return s
}

func delivered(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	if s := status(t, p); !s.Ready || s.Station != printer.StationNone {
		t.Errorf("a fresh printer is %+v", s)
	}
	if p.Name() == "" {
		t.Error("the printer has no name")
	}
	for i := 1; i <= 2; i++ {
		must(t, p.Feed(ctx))
		if s := status(t, p); s.Station != printer.StationHead || s.Side != printer.Front {
			t.Errorf("after feeding: %+v", s)
		}
		must(t, p.Print(ctx, face(t, p, printer.Front)))
		must(t, p.Flip(ctx))
		if s := status(t, p); s.Side != printer.Back {
			t.Errorf("after flipping: %+v", s)
		}
		must(t, p.Print(ctx, face(t, p, printer.Back)))
		must(t, p.Eject(ctx))
		if s := status(t, p); s.Ejected != i || s.Rejected != 0 || s.Station != printer.StationNone {
			t.Errorf("after %d cards: %+v", i, s)
		}
	}
	must(t, p.Close())
}

func stations(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	for _, s := range []printer.Station{printer.StationContact, printer.StationContactless} {
		err := p.MoveTo(ctx, s)
		if !can(t, p).Reaches(s) {
			refuses(t, "moving to a station that the printer does not say it has", err, printer.ErrStation)
			continue
		}
		must(t, err)
		if got := status(t, p).Station; got != s {
			t.Errorf("the card is at %v, not at %v", got, s)
		}
	}
	refuses(t, "moving to no station", p.MoveTo(ctx, printer.StationNone), printer.ErrStation)
	refuses(t, "moving to an unknown station", p.MoveTo(ctx, printer.Station(99)), printer.ErrStation)
	// printing brings the card back under the head
	must(t, p.Print(ctx, face(t, p, printer.Front)))
	if got := status(t, p).Station; got != printer.StationHead {
		t.Errorf("after printing the card is at %v", got)
	}
	must(t, p.Eject(ctx))
	must(t, p.Close())
}

func rejected(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	must(t, p.Reject(ctx)) // untouched
	must(t, p.Feed(ctx))
	must(t, p.Print(ctx, face(t, p, printer.Front)))
	must(t, p.Reject(ctx)) // half printed
	must(t, p.Feed(ctx))
	must(t, p.Print(ctx, face(t, p, printer.Front)))
	must(t, p.Eject(ctx))
	if s := status(t, p); s.Ejected != 1 || s.Rejected != 2 {
		t.Errorf("one card was delivered and two were rejected: %+v", s)
	}
	must(t, p.Close())
}

func refused(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	refuses(t, "printing without a card", p.Print(ctx, face(t, p, printer.Front)), printer.ErrNoCard)
	refuses(t, "moving without a card", p.MoveTo(ctx, printer.StationContact), printer.ErrNoCard)
	refuses(t, "flipping without a card", p.Flip(ctx), printer.ErrNoCard)
	refuses(t, "ejecting without a card", p.Eject(ctx), printer.ErrNoCard)
	refuses(t, "rejecting without a card", p.Reject(ctx), printer.ErrNoCard)
	refuses(t, "resuming without a fault", p.Resume(ctx), printer.ErrNotSuspended)
	refuses(t, "cancelling without a fault", p.Cancel(ctx), printer.ErrNotSuspended)
	must(t, p.Feed(ctx))
	refuses(t, "feeding a second card", p.Feed(ctx), printer.ErrCardInside)
	refuses(t, "printing the side that is away", p.Print(ctx, face(t, p, printer.Back)), printer.ErrSide)
	if s := status(t, p); !s.Ready || s.Suspended != "" {
		t.Errorf("a refusal suspended the printer: %+v", s)
	}
	must(t, p.Print(ctx, face(t, p, printer.Front)))
	must(t, p.Eject(ctx))
	must(t, p.Close())
}

func badFaces(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	uneven := face(t, p, printer.Front)
	uneven.Black = image.NewGray(image.Rect(0, 0, 7, 7))
	noDPI := face(t, p, printer.Front)
	noDPI.DPI = 0
	noSize := face(t, p, printer.Front)
	noSize.Colour = image.NewRGBA(image.Rect(0, 0, 0, 9))
	for name, f := range map[string]printer.Face{
		"no layer": {DPI: 300}, "layers of different size": uneven, "no resolution": noDPI, "a layer without size": noSize,
	} {
		refuses(t, name, p.Print(ctx, f), printer.ErrFace)
	}
	must(t, p.Reject(ctx))
	must(t, p.Close())
}

func resumed(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	repair := d.Break(t, p)
	err := p.Print(ctx, face(t, p, printer.Front))
	if err == nil || !printer.Resumable(err) || !errors.Is(err, printer.Err) {
		t.Fatalf("a broken printer answered %v", err)
	}
	if s := status(t, p); s.Ready || s.Suspended != "print" || s.Fault == nil {
		t.Errorf("a suspended printer is %+v", s)
	}
	refuses(t, "printing while suspended", p.Print(ctx, face(t, p, printer.Front)), printer.ErrSuspended)
	refuses(t, "ejecting while suspended", p.Eject(ctx), printer.ErrSuspended)
	refuses(t, "rejecting while suspended", p.Reject(ctx), printer.ErrSuspended)
	repair()
	must(t, p.Resume(ctx))
	if s := status(t, p); !s.Ready || s.Suspended != "" || s.Fault != nil {
		t.Errorf("a resumed printer is %+v", s)
	}
	refuses(t, "resuming twice", p.Resume(ctx), printer.ErrNotSuspended)
	must(t, p.Eject(ctx))
	must(t, p.Close())
}

func cancelled(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	repair := d.Break(t, p)
	if err := p.Print(ctx, face(t, p, printer.Front)); !printer.Resumable(err) {
		t.Fatalf("a broken printer answered %v", err)
	}
	must(t, p.Cancel(ctx))
	repair()
	refuses(t, "printing a cancelled card", p.Print(ctx, face(t, p, printer.Front)), printer.ErrCancelled)
	refuses(t, "moving a cancelled card", p.MoveTo(ctx, printer.StationHead), printer.ErrCancelled)
	refuses(t, "delivering a cancelled card", p.Eject(ctx), printer.ErrCancelled)
	must(t, p.Reject(ctx))
	must(t, p.Feed(ctx))
	must(t, p.Print(ctx, face(t, p, printer.Front)))
	must(t, p.Eject(ctx))
	if s := status(t, p); s.Ejected != 1 || s.Rejected != 1 {
		t.Errorf("after a cancelled and a good card: %+v", s)
	}
	must(t, p.Close())
}

func stopped(t *testing.T, d Driver) {
	p := d.Open(t)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := p.Feed(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("feeding with a cancelled context: %v", err)
	}
	if s := status(t, p); s.Station != printer.StationNone || !s.Ready {
		t.Errorf("after that: %+v", s)
	}
	must(t, p.Close())
}

func closed(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	refuses(t, "closing with a card inside", p.Close(), printer.ErrCardInside)
	must(t, p.Reject(ctx))
	must(t, p.Close())
	refuses(t, "feeding after closing", p.Feed(ctx), printer.ErrClosed)
	refuses(t, "closing twice", p.Close(), printer.ErrClosed)
	_, err := p.Status(ctx)
	refuses(t, "asking after closing", err, printer.ErrClosed)
}

// crashed: a driver that says it remembers knows after a crash of the card inside,
// and a card that was being printed can only be rejected.
func crashed(t *testing.T, d Driver) {
	if d.Crash == nil {
		t.Skip("the driver keeps nothing that a crash could take")
	}
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	p = d.Crash(t, p)
	if s := status(t, p); s.Station == printer.StationNone {
		t.Fatalf("the card is forgotten: %+v", s)
	}
	must(t, p.Print(ctx, face(t, p, printer.Front)))
	must(t, p.Flip(ctx))
	must(t, p.Print(ctx, face(t, p, printer.Back)))
	p = d.Crash(t, p)
	if s := status(t, p); s.Station == printer.StationNone || s.Side != printer.Back {
		t.Errorf("after a crash: %+v", s)
	}
	must(t, p.Eject(ctx)) // both sides are printed: it may go
	p = d.Crash(t, p)
	if s := status(t, p); s.Station != printer.StationNone {
		t.Errorf("a delivered card is still inside: %+v", s)
	}
	must(t, p.Feed(ctx))
	front := face(t, p, printer.Front)
	if can(t, p).Together {
		must(t, p.Print(ctx, front)) // waits for the back, and is lost with the process
		p = d.Crash(t, p)
	} else {
		repair := d.Break(t, p)
		if err := p.Print(ctx, front); err == nil {
			t.Fatal("a broken printer printed")
		}
		p = d.Crash(t, p)
		repair()
	}
	refuses(t, "delivering a card that was being printed", p.Eject(ctx), printer.ErrCancelled)
	must(t, p.Reject(ctx))
	must(t, p.Close())
}
