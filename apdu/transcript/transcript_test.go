package transcript_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/transcript"
)

// chip gives back what it gets, and breaks at INS FF.
type chip struct{}

func (chip) Transmit(_ context.Context, b []byte) ([]byte, error) {
	if b[1] == 0xFF {
		return nil, apdu.ErrCardGone
	}
	return append(append([]byte(nil), b...), 0x90, 0x00), nil
}

type resettable struct{ chip }

func (resettable) Reset(context.Context) ([]byte, error) { return []byte{0x3B, 0x00}, nil }

type limited struct{ chip }

func (limited) ATR() []byte      { return []byte{0x3B, 0x01} }
func (limited) MaxCommand() int  { return 1000 }
func (limited) MaxResponse() int { return 2000 }

type full struct {
	resettable
	limited
}

func (f full) Transmit(ctx context.Context, b []byte) ([]byte, error) {
	return f.resettable.Transmit(ctx, b)
}

func record(t *testing.T, c apdu.Transmitter) (apdu.Transmitter, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	rec, err := transcript.Record(c, &b)
	if err != nil {
		t.Fatal(err)
	}
	return rec, &b
}

// TestOptionalSides: the recorder has the sides of what it records, no more.
func TestOptionalSides(t *testing.T) {
	for _, c := range []apdu.Transmitter{chip{}, resettable{}, limited{}, full{}} {
		rec, _ := record(t, c)
		_, resets := c.(apdu.Resetter)
		_, limits := c.(apdu.Limiter)
		if _, ok := rec.(apdu.Resetter); ok != resets {
			t.Errorf("%T: recorder resets: %v", c, ok)
		}
		if _, ok := rec.(apdu.Limiter); ok != limits {
			t.Errorf("%T: recorder limits: %v", c, ok)
		}
	}
}

var (
	first  = []byte{0x00, 0xA4, 0x04, 0x0C}
	second = []byte{0x00, 0xB0, 0x9E, 0x00, 0x10}
	breaks = []byte{0x00, 0xFF, 0x00, 0x00}
)

func TestReplay(t *testing.T) {
	rec, out := record(t, full{})
	ctx := t.Context()
	for _, c := range [][]byte{first, second, breaks} {
		_, _ = rec.Transmit(ctx, c)
	}
	if _, err := rec.(apdu.Resetter).Reset(ctx); err != nil {
		t.Fatal(err)
	}
	_, _ = rec.Transmit(ctx, second)

	p, err := transcript.Load(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if p.Len() != 5 || p.MaxCommand() != 1000 || p.MaxResponse() != 2000 || !bytes.Equal(p.ATR(), []byte{0x3B, 0x01}) {
		t.Errorf("%d entries, limits %d and %d, ATR %X", p.Len(), p.MaxCommand(), p.MaxResponse(), p.ATR())
	}
	if got, err := p.Transmit(ctx, first); err != nil || !bytes.Equal(got[:4], first) {
		t.Errorf("first: %X, %v", got, err)
	}
	_, err = p.Transmit(ctx, first)
	if !errors.Is(err, transcript.ErrMismatch) || !strings.Contains(err.Error(), "exchange 2") {
		t.Errorf("a command out of turn: %v", err)
	}
	if strings.Contains(strings.ToLower(err.Error()), "a404") {
		t.Errorf("the error shows bytes: %v", err)
	}
	if _, err := p.Transmit(ctx, second); err != nil {
		t.Errorf("second, after a mismatch: %v", err)
	}
	if _, err := p.Transmit(ctx, breaks); !errors.Is(err, apdu.ErrCardGone) {
		t.Errorf("a recorded failure: %v", err)
	}
	if _, err := p.Transmit(ctx, second); !errors.Is(err, transcript.ErrMismatch) {
		t.Errorf("a command instead of the reset: %v", err)
	}
	if atr, err := p.Reset(ctx); err != nil || !bytes.Equal(atr, []byte{0x3B, 0x00}) {
		t.Errorf("reset: %X, %v", atr, err)
	}
	if _, err := p.Reset(ctx); !errors.Is(err, transcript.ErrMismatch) {
		t.Errorf("a second reset: %v", err)
	}
	if _, err := p.Transmit(ctx, second); err != nil || p.Rest() != 0 {
		t.Errorf("last: %v, %d left", err, p.Rest())
	}
	if _, err := p.Transmit(ctx, second); !errors.Is(err, transcript.ErrEnd) {
		t.Errorf("past the end: %v", err)
	}
}

// TestRewind: a recording without resets can be played again.
func TestRewind(t *testing.T) {
	rec, out := record(t, limited{})
	_, _ = rec.Transmit(t.Context(), first)
	p, err := transcript.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := p.Transmit(t.Context(), first); err != nil {
			t.Error(err)
		}
		if _, err := p.Reset(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chip.jsonl")
	var warned bytes.Buffer
	f, err := transcript.Create(path, &warned)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := transcript.Record(chip{}, f)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = rec.Transmit(t.Context(), first)
	_ = f.Close()
	if !strings.Contains(warned.String(), "personal data") {
		t.Errorf("warning %q", warned.String())
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	b, _ := os.ReadFile(path)
	if !strings.Contains(strings.SplitN(string(b), "\n", 2)[0], transcript.Warning) {
		t.Error("the file does not say what it holds")
	}
	if _, err := transcript.Create(path, nil); err == nil {
		t.Error("a recording was overwritten")
	}
}

// fullDisk takes the header and one exchange.
type fullDisk struct{ writes int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.writes++; d.writes > 2 {
		return 0, errors.New("no space")
	}
	return len(b), nil
}

func TestDiskFull(t *testing.T) {
	rec, err := transcript.Record(chip{}, &fullDisk{})
	if err != nil {
		t.Fatal(err)
	}
	for i, wantErr := range []bool{false, true, true} {
		if _, err := rec.Transmit(t.Context(), first); (err != nil) != wantErr {
			t.Errorf("exchange %d: %v", i+1, err)
		}
	}
}

func TestLoadBad(t *testing.T) {
	head := `{"schema":"chipid.transcript/1","warning":""}` + "\n"
	for name, text := range map[string]string{
		"empty":            "",
		"not JSON":         "hello",
		"another schema":   `{"schema":"other/1"}`,
		"cut line":         head + `{"n":1,"command":"00`,
		"not hexadecimal":  head + `{"n":1,"command":"00zz5ecre7","response":"9000"}`,
		"no command":       head + `{"n":1,"response":"9000"}`,
		"reset and more":   head + `{"n":1,"reset":true,"command":"00a40000"}`,
		"line without end": head + `{"command":"` + strings.Repeat("00", 1<<19),
	} {
		_, err := transcript.Load(strings.NewReader(text))
		if !errors.Is(err, transcript.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "5ecre7") {
			t.Errorf("%s: the error shows the line: %v", name, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"schema":"chipid.transcript/1"}` + "\n" + `{"n":1,"command":"00a40000","response":"9000","us":1}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := transcript.Load(bytes.NewReader(b))
		if err != nil {
			return
		}
		for range p.Len() + 1 {
			_, _ = p.Transmit(t.Context(), first)
			_, _ = p.Reset(t.Context())
		}
	})
}
