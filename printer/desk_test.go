package printer_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/printertest"
)

// person is a Hand that does what it is asked, or says what is wrong.
type person struct {
	mu    sync.Mutex
	wrong map[printer.Op]error
	asked []printer.Step
}

func (p *person) Do(_ context.Context, s printer.Step) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, s)
	return p.wrong[s.Op]
}

func (p *person) say(op printer.Op, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong == nil {
		p.wrong = map[printer.Op]error{}
	}
	p.wrong[op] = err
}

func (p *person) steps() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.asked {
		out = append(out, string(s.Op))
	}
	return out
}

func open(t *testing.T, address string, o printer.Options) printer.Printer {
	t.Helper()
	p, err := printer.Open(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ippDriver is the driver on a double of a printer; kind "manual" has a person
// carry the card.
func ippDriver(kind string, sides ...string) printertest.Driver {
	doubles := map[printer.Printer]*double{}
	addresses := map[printer.Printer]string{}
	again := func(t *testing.T, address string, d *double) printer.Printer {
		p := open(t, address, printer.Options{Station: "desk 1", Hand: &person{}})
		doubles[p], addresses[p] = d, address
		return p
	}
	driver := printertest.Driver{
		Open: func(t *testing.T) printer.Printer {
			d := newDouble(t, sides...)
			address := d.address()
			if kind == "manual" {
				address = "manual:" + t.TempDir() + "?print=" + address
			}
			return again(t, address, d)
		},
		Break: func(_ *testing.T, p printer.Printer) func() {
			d := doubles[p]
			d.set(func() { d.reasons = []string{"marker-supply-empty-error"} })
			return func() { d.set(func() { d.reasons = nil }) }
		},
	}
	if kind == "manual" {
		driver.Crash = func(t *testing.T, p printer.Printer) printer.Printer { return again(t, addresses[p], doubles[p]) }
	}
	return driver
}

// stubborn asks nobody: each fault ErrHand is answered with Resume, as an
// operator at the console does. Faults that are not for a person come through.
type stubborn struct {
	printer.Printer
	broken *bool
}

func (s stubborn) word(ctx context.Context, err error) error {
	for errors.Is(err, printer.ErrHand) && !*s.broken {
		err = s.Printer.Resume(ctx)
	}
	return err
}

func (s stubborn) Feed(ctx context.Context) error { return s.word(ctx, s.Printer.Feed(ctx)) }
func (s stubborn) MoveTo(ctx context.Context, to printer.Station) error {
	return s.word(ctx, s.Printer.MoveTo(ctx, to))
}
func (s stubborn) Print(ctx context.Context, f printer.Face) error {
	return s.word(ctx, s.Printer.Print(ctx, f))
}
func (s stubborn) Flip(ctx context.Context) error   { return s.word(ctx, s.Printer.Flip(ctx)) }
func (s stubborn) Eject(ctx context.Context) error  { return s.word(ctx, s.Printer.Eject(ctx)) }
func (s stubborn) Reject(ctx context.Context) error { return s.word(ctx, s.Printer.Reject(ctx)) }
func (s stubborn) Resume(ctx context.Context) error { return s.word(ctx, s.Printer.Resume(ctx)) }
func (s stubborn) Capabilities(ctx context.Context) (printer.Capabilities, error) {
	return printer.CapabilitiesOf(ctx, s.Printer)
}

// manualDriver is the station where a person prints too.
func manualDriver(asked bool) printertest.Driver {
	hands := map[printer.Printer]*person{}
	dirs := map[printer.Printer]string{}
	again := func(t *testing.T, dir string) printer.Printer {
		if !asked {
			s := stubborn{open(t, "manual:"+dir, printer.Options{}), new(bool)}
			dirs[s] = dir
			return s
		}
		h := &person{}
		p := open(t, "manual:"+dir, printer.Options{Hand: h})
		hands[p], dirs[p] = h, dir
		return p
	}
	return printertest.Driver{
		Open: func(t *testing.T) printer.Printer { return again(t, filepath.Join(t.TempDir(), "desk")) },
		Break: func(_ *testing.T, p printer.Printer) func() {
			if s, ok := p.(stubborn); ok {
				*s.broken = true
				return func() { *s.broken = false }
			}
			hands[p].say(printer.OpPrint, printer.ErrRibbon)
			return func() { hands[p].say(printer.OpPrint, nil) }
		},
		Crash: func(t *testing.T, p printer.Printer) printer.Printer { return again(t, dirs[p]) },
	}
}

func TestManualAsksInOrder(t *testing.T) {
	h, ctx, dir := &person{}, t.Context(), filepath.Join(t.TempDir(), "desk")
	p := open(t, "manual:"+dir, printer.Options{Hand: h, Station: "desk 1"})
	f, b := printertest.Face(printer.Front), printertest.Face(printer.Back)
	f.Card, b.Card = 17, 17
	for _, step := range []func() error{
		func() error { return p.Feed(ctx) },
		func() error { return p.MoveTo(ctx, printer.StationContact) },
		func() error { return p.Print(ctx, f) },
		func() error { return p.Flip(ctx) },
		func() error { return p.Print(ctx, b) },
		func() error { return p.MoveTo(ctx, printer.StationContactless) },
		func() error { return p.Eject(ctx) },
		p.Close,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	// the card is brought into the printer once, and once turned over
	if got, want := strings.Join(h.steps(), " "), "feed move move print flip print move eject"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	for _, s := range h.asked {
		if s.Say("vi") == s.Say("en") || s.Say("en") == string(s.Op) || s.At != "desk 1" {
			t.Errorf("step %+v says %q", s, s.Say("en"))
		}
	}
	if h.asked[6].Card != 17 || !strings.Contains(h.asked[6].Say("vi"), "thẻ số 17") {
		t.Errorf("the card's number is not said: %+v", h.asked[6])
	}
	words, err := os.ReadFile(filepath.Join(dir, "words.log"))
	if err != nil || strings.Count(string(words), `"said":"done"`) != 8 || strings.Count(string(words), `"card":17`) != 6 {
		t.Errorf("words: %v\n%s", err, words)
	}
	// nothing of a face stays behind
	if got := strings.Join(names(t, dir), " "); got != "station.json words.log" {
		t.Errorf("left: %s", got)
	}
}

func TestManualWithoutAnybodyWaitsForResume(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	p := open(t, "manual:"+dir, printer.Options{Lang: "vi"})
	err := p.Feed(ctx)
	var hand *printer.HandError
	if !errors.Is(err, printer.ErrHand) || !errors.Is(err, printer.Err) || !printer.Resumable(err) || !errors.As(err, &hand) || hand.Step.Op != printer.OpFeed {
		t.Fatalf("feeding: %v", err)
	}
	if s, _ := p.Status(ctx); s.Suspended != "feed" || !strings.Contains(s.Fault.Error(), "lấy một phôi thẻ") {
		t.Errorf("status %+v", s)
	}
	if err := p.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	words, _ := os.ReadFile(filepath.Join(dir, "words.log"))
	if strings.Count(string(words), `"step":"feed"`) != 1 {
		t.Errorf("words: %s", words)
	}
}

func TestADamagedStateIsForAPerson(t *testing.T) {
	for _, text := range []string{"", "{", `{"inside":true,"station":9}`, `{"inside":true,"other":1}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "station.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := printer.Open(t.Context(), "manual:"+dir, printer.Options{}); err == nil || !errors.Is(err, printer.Err) {
			t.Errorf("%q: %v %v", text, p, err)
		}
	}
}

// A feed that is given up leaves no card behind, one that a crash interrupts may.
func TestManualFeedGivenUp(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	p := open(t, "manual:"+dir, printer.Options{})
	if err := p.Feed(ctx); !errors.Is(err, printer.ErrHand) {
		t.Fatal(err)
	}
	if s, _ := open(t, "manual:"+dir, printer.Options{}).Status(ctx); s.Station != printer.StationHead {
		t.Errorf("after a crash: %+v", s)
	}
	if err := p.Cancel(ctx); err != nil {
		t.Fatal(err)
	}
	if s, _ := open(t, "manual:"+dir, printer.Options{}).Status(ctx); s.Station != printer.StationNone {
		t.Errorf("after giving up: %+v", s)
	}
}
