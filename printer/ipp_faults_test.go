package printer_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/OpenPrinting/goipp"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/printertest"
)

var front300 = func() printer.Face {
	f := printertest.FaceAt(printer.Front, 300)
	f.Card = 17
	return f
}()

// noisy is a face whose document is small, or several megabytes.
func noisy(large bool) printer.Face {
	f := front300
	if large {
		f = printertest.FaceAt(printer.Front, 600)
		f.Card = 17
		img := image.NewRGBA(f.Colour.Bounds())
		r := rand.New(rand.NewPCG(1, 2))
		for i := range img.Pix {
			img.Pix[i] = byte(r.Uint32()) | byte(i%4/3*0xFF)
		}
		f.Colour = img
	}
	return f
}

// printOne prints the front of card 17 on a double that prints one side at once.
func printOne(t *testing.T, d *double, o printer.Options) (printer.Printer, error) {
	t.Helper()
	p := open(t, d.address(), o)
	if err := p.Feed(t.Context()); err != nil {
		return p, err
	}
	return p, p.Print(t.Context(), front300)
}

// Reasons of a printer's state (RFC 8011, 5.4.12; PWG 5100.9), and what they mean
// to a line.
func TestIPPReasonsAreFaults(t *testing.T) {
	for reason, want := range map[string]error{
		"none": nil, "media-low-warning": nil, "marker-supply-low-report": nil, "marker-supply-empty-warning": nil, "cover-open-report": nil,
		"marker-print-ribbon-almost-empty": nil, "some-vendor-notice": nil,
		"media-jam": printer.ErrJam, "media-jam-error": printer.ErrJam, "media-empty": printer.ErrNoCards, "media-needed-error": printer.ErrNoCards,
		"marker-supply-empty": printer.ErrRibbon, "marker-supply-empty-error": printer.ErrRibbon, "marker-print-ribbon-empty": printer.ErrRibbon,
		"cover-open": printer.ErrCover, "door-open-error": printer.ErrCover, "interlock-open": printer.ErrCover, "output-area-full": printer.ErrBinFull,
		"paused": printer.ErrOffline, "shutdown": printer.ErrOffline, "connecting-to-device": printer.ErrOffline, "some-vendor-thing-error": printer.ErrOffline,
	} {
		d := newDouble(t, "one-sided")
		d.reasons = []string{"moving-to-paused-report", reason}
		p := open(t, d.address(), printer.Options{})
		err := p.Feed(t.Context())
		if !errors.Is(err, want) || want != nil && !printer.Resumable(err) {
			t.Errorf("%s: %v, want %v", reason, err, want)
		}
	}
	d := newDouble(t, "one-sided")
	d.state = 5
	if err := open(t, d.address(), printer.Options{}).Feed(t.Context()); !errors.Is(err, printer.ErrOffline) {
		t.Errorf("a printer that stopped without a reason: %v", err)
	}
	d = newDouble(t, "one-sided")
	d.accepting = false
	if err := open(t, d.address(), printer.Options{}).Feed(t.Context()); !errors.Is(err, printer.ErrOffline) {
		t.Errorf("a printer that takes no jobs: %v", err)
	}
}

// However a job ends that did not end well: the card is spoiled, and nothing is
// sent a second time.
func TestIPPJobsThatEndBadly(t *testing.T) {
	for name, c := range map[string]struct {
		break1 func(*double)
		want   error
		large  bool // the document does not fit into the buffers on the way
	}{
		"aborted":                {func(d *double) { d.ends, d.because = 8, "aborted-by-system" }, printer.ErrAborted, false},
		"cancelled at its panel": {func(d *double) { d.ends, d.because = 7, "job-canceled-at-device" }, printer.ErrAborted, false},
		"completed with errors":  {func(d *double) { d.because = "job-completed-with-errors" }, printer.ErrAborted, false},
		"forgotten": {func(d *double) {
			d.answer = func(op goipp.Op, _ http.ResponseWriter, _ *http.Request) bool {
				d.forget = op == goipp.OpGetJobAttributes || d.forget
				return false
			}
		}, printer.ErrLost, true},
		"cut in the middle of the document": {func(d *double) {
			d.answer = func(op goipp.Op, _ http.ResponseWriter, r *http.Request) bool {
				if op == goipp.OpSendDocument {
					_, _ = io.CopyN(io.Discard, r.Body, 100)
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}, printer.ErrAborted, true},
		"cut behind the document's back": {func(d *double) {
			d.answer = func(op goipp.Op, _ http.ResponseWriter, r *http.Request) bool {
				if op == goipp.OpSendDocument {
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}, printer.ErrAborted, false},
		"cut, and then gone": {func(d *double) {
			cut := false
			d.answer = func(op goipp.Op, _ http.ResponseWriter, r *http.Request) bool {
				if cut {
					panic(http.ErrAbortHandler)
				}
				if cut = op == goipp.OpSendDocument; cut {
					_, _ = io.CopyN(io.Discard, r.Body, 100)
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}, printer.ErrLost, true},
		"a job state that does not exist": {func(d *double) { d.ends = 77 }, printer.ErrLost, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t, "one-sided")
			c.break1(d)
			h := &person{}
			p := open(t, d.address(), printer.Options{Hand: h})
			if err := p.Feed(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := p.Print(t.Context(), noisy(c.large))
			if !errors.Is(err, c.want) || !printer.Spoils(err) || printer.Resumable(err) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err := p.Print(t.Context(), front300); !errors.Is(err, printer.ErrCancelled) {
				t.Errorf("printing again: %v", err)
			}
			if err := p.Eject(t.Context()); !errors.Is(err, printer.ErrCancelled) {
				t.Errorf("delivering: %v", err)
			}
			d.set(func() { d.answer = nil })
			if err := p.Reject(t.Context()); err != nil || !slices.Equal(h.steps(), []string{"reject"}) {
				t.Errorf("rejecting: %v, asked %v", err, h.steps())
			}
			if n := d.count(goipp.OpCreateJob); n != 1 {
				t.Errorf("%d jobs were made", n)
			}
			if n := d.count(goipp.OpSendDocument); n != 1 {
				t.Errorf("the document was sent %d times", n)
			}
		})
	}
}

func TestIPPHalfACard(t *testing.T) {
	d := newDouble(t, "two-sided-short-edge")
	d.counted = 1
	p := open(t, d.address(), printer.Options{Hand: &person{}})
	ctx := t.Context()
	back := front300
	back.Side = printer.Back
	for _, err := range []error{p.Feed(ctx), p.Print(ctx, front300), p.Flip(ctx)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.documents()); n != 0 {
		t.Fatalf("%d documents before the back is known", n)
	}
	if err := p.Print(ctx, back); !errors.Is(err, printer.ErrAborted) || !strings.Contains(err.Error(), "1 of 2 sides") {
		t.Errorf("half a card: %v", err)
	}
}

// A printer that stops in the middle of a job suspends it; Resume follows the same
// job, and Cancel ends it there.
func TestIPPStopsInTheMiddle(t *testing.T) {
	for _, resume := range []bool{true, false} {
		d := newDouble(t, "one-sided")
		d.answer = func(op goipp.Op, _ http.ResponseWriter, _ *http.Request) bool {
			if op == goipp.OpSendDocument {
				d.reasons, d.state = []string{"media-jam-error"}, 5
			}
			return false
		}
		p, err := printOne(t, d, printer.Options{Hand: &person{}})
		if !errors.Is(err, printer.ErrJam) {
			t.Fatal(err)
		}
		d.set(func() { d.answer = nil })
		if !resume {
			if err := p.Cancel(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d.jobs[0].state != 7 {
				t.Errorf("the job given up has the state %d", d.jobs[0].state)
			}
			continue
		}
		d.set(func() { d.reasons, d.state = nil, 3 })
		if err := p.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(d.documents()); n != 1 || d.count(goipp.OpCreateJob) != 1 {
			t.Errorf("%d documents after resuming", n)
		}
	}
}

// Before the document nothing is printed: a lost answer, a busy printer and one
// that is away for a moment cost no card.
func TestIPPBeforeTheDocument(t *testing.T) {
	d := newDouble(t, "one-sided")
	d.busy = 2
	if _, err := printOne(t, d, printer.Options{}); err != nil || len(d.documents()) != 1 {
		t.Errorf("a busy printer: %v", err)
	}
	// The job is made and its answer lost: Resume ends it, and makes one other.
	d = newDouble(t, "one-sided")
	d.answer = func(op goipp.Op, _ http.ResponseWriter, _ *http.Request) bool {
		if op == goipp.OpCreateJob {
			d.jobs = append(d.jobs, &doubleJob{name: "chipid-card-17-front", state: 4})
			panic(http.ErrAbortHandler)
		}
		return false
	}
	p, err := printOne(t, d, printer.Options{})
	if !errors.Is(err, printer.ErrOffline) || !printer.Resumable(err) {
		t.Fatalf("a lost answer: %v", err)
	}
	d.set(func() { d.answer = nil })
	if err := p.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(d.jobs) != 2 || d.jobs[0].state != 7 || d.jobs[1].state != 9 || len(d.documents()) != 1 {
		t.Errorf("jobs after that: %+v", d.jobs)
	}
}

// After a crash the printer knows the job by the card's number, an open one is
// ended before the next card, and the same card is not sent again beside it.
func TestIPPAfterACrash(t *testing.T) {
	d := newDouble(t, "one-sided")
	if _, err := printOne(t, d, printer.Options{Station: "desk 1"}); err != nil {
		t.Fatal(err)
	}
	d.jobs = append(d.jobs, &doubleJob{name: "chipid-card-18", state: 5, document: []byte("x")}, &doubleJob{name: "another's", state: 5})
	p := open(t, d.address(), printer.Options{Station: "desk 1"})
	for card, want := range map[int64]printer.Trace{17: printer.TraceDone, 18: printer.TraceWaiting, 19: printer.TraceNone, 0: printer.TraceUnknown} {
		if got, err := p.(printer.Memory).Trace(t.Context(), card); err != nil || got != want {
			t.Errorf("card %d: %v %v, want %v", card, got, err, want)
		}
	}
	if err := p.Feed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.jobs[1].state != 7 || d.jobs[2].state != 5 {
		t.Errorf("left: %+v", d.jobs)
	}
	if got, _ := p.(printer.Memory).Trace(t.Context(), 18); got != printer.TraceEnded {
		t.Errorf("the job that was ended is %v", got)
	}
	// one of this very card that somebody else sent
	d.set(func() { d.jobs = append(d.jobs, &doubleJob{name: "chipid-card-17-front", state: 5}) })
	if err := p.Print(t.Context(), front300); !errors.Is(err, printer.ErrLost) {
		t.Errorf("beside a job of the same card: %v", err)
	}
}

// No job tells anybody more than a card's number.
func TestIPPJobsHoldNoPersonalData(t *testing.T) {
	d := newDouble(t, "one-sided")
	if _, err := printOne(t, d, printer.Options{}); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	d.jobs[0].request.Print(&text, true)
	for _, wanted := range []string{"chipid-card-17-front", "om_card_54x86mm", "ipp-attribute-fidelity"} {
		if !strings.Contains(text.String(), wanted) {
			t.Errorf("the request lacks %s:\n%s", wanted, text.String())
		}
	}
	for _, name := range []string{"document-name", "job-message", "document-message"} {
		if strings.Contains(text.String(), name) {
			t.Errorf("the request has %s", name)
		}
	}
}

func TestIPPOlderVersion(t *testing.T) {
	d := newDouble(t, "one-sided")
	d.version = goipp.MakeVersion(1, 1)
	if _, err := printOne(t, d, printer.Options{}); err != nil {
		t.Fatal(err)
	}
	if d.jobs[0].request.Version != goipp.MakeVersion(1, 1) {
		t.Errorf("version %v", d.jobs[0].request.Version)
	}
	d = newDouble(t, "one-sided")
	d.version = goipp.MakeVersion(1, 0)
	if _, err := printOne(t, d, printer.Options{}); !errors.Is(err, printer.ErrProtocol) {
		t.Errorf("a printer of 1.0: %v", err)
	}
}

// A printer without Create-Job gets all in one request.
func TestIPPPrintJobAlone(t *testing.T) {
	d := newDouble(t, "one-sided")
	d.change = func(a goipp.Attributes) goipp.Attributes {
		for i := range a {
			if a[i].Name == "operations-supported" {
				a[i].Values = slices.DeleteFunc(a[i].Values, func(v struct {
					T goipp.Tag
					V goipp.Value
				}) bool {
					return v.V == goipp.Integer(goipp.OpCreateJob)
				})
			}
		}
		return a
	}
	if _, err := printOne(t, d, printer.Options{}); err != nil || len(d.documents()) != 1 || d.count(goipp.OpCreateJob) != 0 {
		t.Fatal(err)
	}
	// the answer is lost: the job is found by its name, and not sent again
	d.answer = func(op goipp.Op, _ http.ResponseWriter, r *http.Request) bool {
		if op == goipp.OpPrintJob {
			b, _ := io.ReadAll(r.Body)
			d.jobs = append(d.jobs, &doubleJob{name: "chipid-card-17-front", state: 5, document: b})
			panic(http.ErrAbortHandler)
		}
		return false
	}
	d.jobs = nil
	if _, err := printOne(t, d, printer.Options{}); err != nil || len(d.jobs) != 1 {
		t.Errorf("a lost answer: %v, %d jobs", err, len(d.jobs))
	}
}

// The password goes over TLS alone, to a printer that is known.
func TestIPPSecrets(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := printer.Options{User: "line", Password: "file:" + password}
	if _, err := printer.Open(t.Context(), "ipp://printer.example/ipp/print", o); !errors.Is(err, printer.ErrUnknownDriver) {
		t.Errorf("a password in clear: %v", err)
	}
	d := newDouble(t, "one-sided")
	d.answer = func(_ goipp.Op, w http.ResponseWriter, r *http.Request) bool {
		if user, word, _ := r.BasicAuth(); user != "line" || word != "sesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	}
	d.server.StartTLS()
	address := strings.Replace(d.server.URL, "https", "ipps", 1) + "/ipp/print"
	ca := filepath.Join(dir, "printer.pem")
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.server.Certificate().Raw})
	if err := os.WriteFile(ca, own, 0o600); err != nil {
		t.Fatal(err)
	}
	feed := func(address string, o printer.Options) error { return open(t, address, o).Feed(t.Context()) }
	if err := feed(address, o); !errors.Is(err, printer.ErrAccess) || printer.Resumable(err) {
		t.Errorf("a printer that nobody knows: %v", err)
	}
	o.CA = ca
	if err := feed(address, o); err != nil {
		t.Errorf("the pinned printer: %v", err)
	}
	// pinned is pinned, whatever name it has
	if err := feed(strings.Replace(address, "127.0.0.1", "localhost", 1), o); err != nil {
		t.Errorf("the pinned printer under another name: %v", err)
	}
	other := newDouble(t, "one-sided")
	other.server.StartTLS() // httptest gives every server the same certificate: pin another
	o.CA = filepath.Join("testdata", "another.pem")
	if err := feed(address, o); !errors.Is(err, printer.ErrAccess) {
		t.Errorf("another printer than the pinned one: %v", err)
	}
	o.CA, o.Password = ca, "env:CHIPID_NO_SUCH_VARIABLE"
	err := feed(address, o)
	if !errors.Is(err, printer.ErrAccess) || strings.Contains(fmt.Sprint(err), "sesame") {
		t.Errorf("no password: %v", err)
	}
}

func TestIPPEndsWithItsContext(t *testing.T) {
	d := newDouble(t, "one-sided")
	d.polls = 1 << 20
	p := open(t, d.address(), printer.Options{Hand: &person{}})
	ctx, cancel := context.WithCancel(t.Context())
	if err := p.Feed(ctx); err != nil {
		t.Fatal(err)
	}
	go func() {
		for len(d.documents()) == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if err := p.Print(ctx, front300); !errors.Is(err, printer.ErrLost) || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// the job is ended before the card is put away
	if err := p.Reject(t.Context()); err != nil || d.jobs[0].state != 7 {
		t.Errorf("%v, job %+v", err, d.jobs[0].state)
	}
}
