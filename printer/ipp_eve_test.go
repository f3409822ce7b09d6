package printer_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/printer/pwg"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// eve is ippeveprinter, a real IPP service, with a bus of its own: it asks for
// one even when it announces itself to nobody.
type eve struct{ address, spool, keys string }

// startEve starts the printer of testdata/card.conf on the loopback interface.
// command is run for each document; without one the service would take its time.
func startEve(t *testing.T, command string) *eve {
	t.Helper()
	program := hsmtest.Tool(t, "ippeveprinter", "cups-ipp-utils")
	daemon := hsmtest.Tool(t, "dbus-daemon", "dbus-daemon")
	dir, err := os.MkdirTemp("", "eve") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	e := &eve{spool: filepath.Join(dir, "spool"), keys: filepath.Join(dir, "keys")}
	for _, d := range []string{e.spool, e.keys} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	bus := "unix:path=" + filepath.Join(dir, "bus")
	run := func(name string, args ...string) *bytes.Buffer {
		var log bytes.Buffer
		c := exec.Command(name, args...)
		c.Stdout, c.Stderr = &log, &log
		c.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+bus)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
		return &log
	}
	run(daemon, "--session", "--nofork", "--nopidfile", "--address="+bus)
	until := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(filepath.Join(dir, "bus")); err == nil {
			break
		}
		if time.Now().After(until) {
			t.Fatal("dbus-daemon does not start")
		}
		time.Sleep(20 * time.Millisecond)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	args := []string{"-r", "off", "-n", "localhost", "-p", port, "-a", "testdata/card.conf", "-d", e.spool, "-k", "-K", e.keys, "-c", command}
	log := run(program, append(args, "Cards")...)
	e.address = "ipp://localhost:" + port + "/ipp/print"
	for {
		p := open(t, e.address, printer.Options{})
		if err := p.Feed(t.Context()); err == nil {
			return e
		} else if time.Now().After(until) {
			t.Fatalf("ippeveprinter does not answer: %v\n%s", err, log.Bytes())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// somebody's card, drawn at 300 dpi.
func faces(t *testing.T) (front, back printer.Face) {
	t.Helper()
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	b, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		t.Fatal(err)
	}
	portrait, err := fs.ReadFile(people.FS(), b.Accepted[0].Portrait)
	if err != nil {
		t.Fatal(err)
	}
	data, err := face.Of(p, b.Accepted[0], portrait)
	if err != nil {
		t.Fatal(err)
	}
	f, err := face.Render(p, data)
	if err != nil {
		t.Fatal(err)
	}
	return f.Face(printer.Front), f.Face(printer.Back)
}

// same compares a page of 638 × 1016 pixels, 54 × 86 mm, with a face of 1011 ×
// 638: where the page is read with its left edge down, as at(x, y) does, there
// are the face's pixels; the five rows more, three before it, repeat its edges.
func same(t *testing.T, what string, page image.Image, f printer.Face, mirrored bool) {
	t.Helper()
	if page.Bounds() != image.Rect(0, 0, 638, 1016) {
		t.Fatalf("%s: the page has %v", what, page.Bounds())
	}
	at := func(x, y int) color.RGBA {
		px, py := y, 1015-x
		if mirrored {
			px = 637 - px
		}
		return color.RGBAModel.Convert(page.At(px, py)).(color.RGBA)
	}
	wrong := 0
	for y := range 638 {
		for x := range 1016 {
			want := color.RGBAModel.Convert(f.Colour.At(min(max(x-3, 0), 1010), y)).(color.RGBA)
			if at(x, y) != want {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d pixels are not those of the face", what, wrong)
	}
	if keep := os.Getenv("CHIPID_KEEP"); keep != "" {
		var b bytes.Buffer
		_ = png.Encode(&b, page)
		_ = os.WriteFile(filepath.Join(keep, what+".png"), b.Bytes(), 0o600)
	}
}

// A whole card through a real service: what arrives is, pixel by pixel, what was
// drawn.
func TestARealServiceGetsTheCard(t *testing.T) {
	e := startEve(t, hsmtest.Tool(t, "true", "coreutils"))
	front, back := faces(t)
	front.Card, back.Card = 4711, 4711
	ctx := t.Context()
	p := open(t, e.address, printer.Options{Station: "desk 1"})
	c, err := printer.CapabilitiesOf(ctx, p)
	if err != nil || !c.Together || !c.Colour || !c.Flip || len(c.Stations) != 0 || len(c.DPI) != 1 || c.DPI[0] != 300 || !c.Remembers {
		t.Fatalf("capabilities %+v: %v", c, err)
	}
	if err := p.(printer.Validator).Validate(ctx, front, back); err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return p.Feed(ctx) }, func() error { return p.Print(ctx, front) }, func() error { return p.Flip(ctx) },
		func() error { return p.Print(ctx, back) }, func() error { return p.Eject(ctx) }, p.Close,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(e.spool, "*.pwg"))
	if err != nil || len(files) != 1 || !strings.Contains(filepath.Base(files[0]), "chipid-card-4711") {
		t.Fatalf("the spool holds %v", files)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	r := pwg.NewReader(bytes.NewReader(b))
	for _, want := range []struct {
		face printer.Face
		feed int
	}{{front, 1}, {back, -1}} {
		h, page, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !h.Duplex || !h.Tumble || h.Pages != 2 || h.CrossFeed != want.feed || h.Feed != 1 || h.Name != "om_card_54x86mm" || h.Points != [2]int{153, 244} {
			t.Errorf("%s: header %+v", want.face.Side, h)
		}
		same(t, want.face.Side.String(), page, want.face, want.feed < 0)
	}
	if _, _, err := r.Next(); err != io.EOF {
		t.Errorf("behind the card: %v", err)
	}
	after := open(t, e.address, printer.Options{Station: "desk 1"})
	for card, want := range map[int64]printer.Trace{4711: printer.TraceDone, 4712: printer.TraceNone} {
		if got, err := after.(printer.Memory).Trace(ctx, card); got != want || err != nil {
			t.Errorf("card %d after a restart: %v %v", card, got, err)
		}
	}
}

// A job that the printer fails to carry out spoils the card; one that is under
// way when the process dies is ended by the next.
func TestARealServiceFails(t *testing.T) {
	command := filepath.Join(t.TempDir(), "fails")
	if err := os.WriteFile(command, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	e := startEve(t, command)
	f := front300
	p := open(t, e.address, printer.Options{Hand: &person{}})
	if err := p.Feed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Print(t.Context(), f), p.Eject(t.Context())); !errors.Is(err, printer.ErrAborted) {
		t.Errorf("a command that fails: %v", err)
	}
	if err := p.Reject(t.Context()); err != nil {
		t.Error(err)
	}
	if got, err := p.(printer.Memory).Trace(t.Context(), f.Card); got != printer.TraceEnded || err != nil {
		t.Errorf("its trace: %v %v", got, err)
	}
}

// The same service over TLS, known by a certificate of its own.
func TestARealServiceOverTLS(t *testing.T) {
	e := startEve(t, hsmtest.Tool(t, "true", "coreutils"))
	// Its own certificate; left to itself it takes seconds to make one.
	certificate := filepath.Join(e.keys, "localhost.crt")
	if out, err := exec.Command(hsmtest.Tool(t, "openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=card printer", "-days", "2",
		"-keyout", filepath.Join(e.keys, "localhost.key"), "-out", certificate).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	address := strings.Replace(e.address, "ipp:", "ipps:", 1)
	unknown := open(t, address, printer.Options{})
	if err := unknown.Feed(t.Context()); !errors.Is(err, printer.ErrAccess) {
		t.Fatalf("a certificate that nobody vouches for: %v", err)
	}
	p := open(t, address, printer.Options{CA: certificate})
	for _, err := range []error{p.Feed(t.Context()), p.Print(t.Context(), front300), p.Eject(t.Context())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(e.spool, "*.pwg")); len(files) != 1 {
		t.Errorf("the spool holds %v", files)
	}
}
