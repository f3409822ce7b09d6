package printertest

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
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
}

// Face is a small face for one side.
func Face(s printer.Side) printer.Face {
	img := image.NewRGBA(image.Rect(0, 0, 101, 64))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{0xE0, 0xF0, 0xEE, 0xFF}), image.Point{}, draw.Src)
	return printer.Face{Side: s, DPI: 30, Colour: img}
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
		must(t, p.Print(ctx, Face(printer.Front)))
		must(t, p.Flip(ctx))
		if s := status(t, p); s.Side != printer.Back {
			t.Errorf("after flipping: %+v", s)
		}
		must(t, p.Print(ctx, Face(printer.Back)))
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
	moved := 0
	for _, s := range []printer.Station{printer.StationContact, printer.StationContactless} {
		err := p.MoveTo(ctx, s)
		if errors.Is(err, printer.ErrStation) {
			continue // the printer has no such encoder
		}
		must(t, err)
		moved++
		if got := status(t, p).Station; got != s {
			t.Errorf("the card is at %v, not at %v", got, s)
		}
	}
	if moved == 0 {
		t.Error("the printer has no chip station at all")
	}
	refuses(t, "moving to no station", p.MoveTo(ctx, printer.StationNone), printer.ErrStation)
	refuses(t, "moving to an unknown station", p.MoveTo(ctx, printer.Station(99)), printer.ErrStation)
	// printing brings the card back under the head
	must(t, p.Print(ctx, Face(printer.Front)))
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
	must(t, p.Print(ctx, Face(printer.Front)))
	must(t, p.Reject(ctx)) // half printed
	must(t, p.Feed(ctx))
	must(t, p.Print(ctx, Face(printer.Front)))
	must(t, p.Eject(ctx))
	if s := status(t, p); s.Ejected != 1 || s.Rejected != 2 {
		t.Errorf("one card was delivered and two were rejected: %+v", s)
	}
	must(t, p.Close())
}

func refused(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	refuses(t, "printing without a card", p.Print(ctx, Face(printer.Front)), printer.ErrNoCard)
	refuses(t, "moving without a card", p.MoveTo(ctx, printer.StationContact), printer.ErrNoCard)
	refuses(t, "flipping without a card", p.Flip(ctx), printer.ErrNoCard)
	refuses(t, "ejecting without a card", p.Eject(ctx), printer.ErrNoCard)
	refuses(t, "rejecting without a card", p.Reject(ctx), printer.ErrNoCard)
	refuses(t, "resuming without a fault", p.Resume(ctx), printer.ErrNotSuspended)
	refuses(t, "cancelling without a fault", p.Cancel(ctx), printer.ErrNotSuspended)
	must(t, p.Feed(ctx))
	refuses(t, "feeding a second card", p.Feed(ctx), printer.ErrCardInside)
	refuses(t, "printing the side that is away", p.Print(ctx, Face(printer.Back)), printer.ErrSide)
	if s := status(t, p); !s.Ready || s.Suspended != "" {
		t.Errorf("a refusal suspended the printer: %+v", s)
	}
	must(t, p.Print(ctx, Face(printer.Front)))
	must(t, p.Eject(ctx))
	must(t, p.Close())
}

func badFaces(t *testing.T, d Driver) {
	ctx, p := context.Background(), d.Open(t)
	must(t, p.Feed(ctx))
	uneven := Face(printer.Front)
	uneven.Black = image.NewGray(image.Rect(0, 0, 7, 7))
	noDPI := Face(printer.Front)
	noDPI.DPI = 0
	noSize := Face(printer.Front)
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
	err := p.Print(ctx, Face(printer.Front))
	if err == nil || !printer.Resumable(err) || !errors.Is(err, printer.Err) {
		t.Fatalf("a broken printer answered %v", err)
	}
	if s := status(t, p); s.Ready || s.Suspended != "print" || s.Fault == nil {
		t.Errorf("a suspended printer is %+v", s)
	}
	refuses(t, "printing while suspended", p.Print(ctx, Face(printer.Front)), printer.ErrSuspended)
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
	if err := p.Print(ctx, Face(printer.Front)); !printer.Resumable(err) {
		t.Fatalf("a broken printer answered %v", err)
	}
	must(t, p.Cancel(ctx))
	repair()
	refuses(t, "printing a cancelled card", p.Print(ctx, Face(printer.Front)), printer.ErrCancelled)
	refuses(t, "moving a cancelled card", p.MoveTo(ctx, printer.StationContact), printer.ErrCancelled)
	refuses(t, "delivering a cancelled card", p.Eject(ctx), printer.ErrCancelled)
	must(t, p.Reject(ctx))
	must(t, p.Feed(ctx))
	must(t, p.Print(ctx, Face(printer.Front)))
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
