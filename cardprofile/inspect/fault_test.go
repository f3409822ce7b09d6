package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// watched fails a test that hangs.
func watched(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the inspection hangs")
	}
}

// clean is how many exchanges an undisturbed inspection takes, and how many of
// them come before secure messaging.
func clean(t *testing.T) (all, access int) {
	t.Helper()
	c := &recorder{Chip: twin(t, chip.Options{})}
	v, err := look(t, c, inspect.Options{})
	wantPassed(t, v, err)
	for _, cmd := range c.commands {
		if cmd[0]&0x0C == 0x0C {
			break
		}
		access++
	}
	return len(c.commands), access
}

// A field that is lost for a moment costs a new session and nothing else: the
// verdict is proven anew.
func TestLostForAMoment(t *testing.T) {
	all, _ := clean(t)
	for n := 1; n <= all; n++ {
		for _, kind := range []string{"cut"} {
			watched(t, func() {
				v, err := look(t, twin(t, chip.Options{Faults: faults(t, fmt.Sprintf("%s@%d", kind, n))}), inspect.Options{})
				wantPassed(t, v, err)
				if !says(v, "opened a new session because of") {
					t.Errorf("%s@%d: the trail is silent: %q", kind, n, v.Chip.Trail)
				}
			})
		}
	}
}

// One answer without protection costs a new session, whatever it says.
func TestNaked(t *testing.T) {
	all, access := clean(t)
	for n := access + 1; n <= all; n++ {
		for _, sw := range []string{"6988", "6A82"} {
			watched(t, func() {
				v, err := look(t, twin(t, chip.Options{Faults: faults(t, fmt.Sprintf("naked@%d=%s", n, sw))}), inspect.Options{})
				wantPassed(t, v, err)
				if !says(v, "unprotected answer") {
					t.Errorf("naked@%d=%s: the trail is silent: %q", n, sw, v.Chip.Trail)
				}
			})
		}
	}
}

// A wrong checksum, and an answer from before, end the session for good: there
// is no second one.
func TestWrongChecksum(t *testing.T) {
	all, access := clean(t)
	for n := access + 1; n <= all; n++ {
		for _, kind := range []string{"mac", "replay"} {
			watched(t, func() {
				c := twin(t, chip.Options{Faults: faults(t, fmt.Sprintf("%s@%d", kind, n))})
				v, err := look(t, c, inspect.Options{})
				if v.Outcome == inspect.ResultPassed || says(v, "new session") || c.Exchanges() != n {
					t.Errorf("%s@%d: %s after %d exchanges, %v", kind, n, v.Outcome, c.Exchanges(), err)
				}
				// The first answer under the keys of chip authentication
				// judges the chip; every other one the link.
				ended := errors.Is(err, sm.ErrMAC) || errors.Is(err, sm.ErrFormat) || errors.Is(err, pace.ErrToken)
				if !ended && outcome(v, inspect.CheckCA) != inspect.Failed && n > access+1 {
					t.Errorf("%s@%d: ca %v, %v", kind, n, outcome(v, inspect.CheckCA), err)
				}
			})
		}
	}
}

// A chip that breaks every session is given up after two new ones.
func TestBreaksForEver(t *testing.T) {
	reads := refusal{func(c []byte) bool { return c[0]&0x0C == 0x0C && c[1] == 0xB0 }, 0x6F00}
	c := twin(t, chip.Options{Faults: []chip.Fault{reads}})
	v, err := look(t, c, inspect.Options{})
	if !errors.Is(err, sm.ErrUnprotected) || v.Outcome != inspect.ResultInconclusive {
		t.Errorf("%s, %v", v.Outcome, err)
	}
	if n := len(v.Chip.Trail); c.Exchanges() > 60 || n == 0 {
		t.Errorf("%d exchanges", c.Exchanges())
	}
}

// Without a way to reset the chip a broken session is the end at once.
func TestNoResetter(t *testing.T) {
	_, access := clean(t)
	c := twin(t, chip.Options{Faults: faults(t, fmt.Sprintf("naked@%d=6700", access+3))})
	v, err := look(t, plainTransmitter{c}, inspect.Options{})
	if !errors.Is(err, sm.ErrUnprotected) || v.Outcome == inspect.ResultPassed || c.Exchanges() != access+3 {
		t.Errorf("%s after %d exchanges, %v", v.Outcome, c.Exchanges(), err)
	}
}

// otherChip answers to a reset as another chip does.
type otherChip struct{ *chip.Chip }

func (c otherChip) Reset(ctx context.Context) ([]byte, error) {
	atr, err := c.Chip.Reset(ctx)
	return append(atr, 0x00), err
}

func TestOtherChipComesBack(t *testing.T) {
	_, access := clean(t)
	v, err := look(t, otherChip{twin(t, chip.Options{Faults: faults(t, fmt.Sprintf("pull@%d", access+3))})}, inspect.Options{})
	if !errors.Is(err, inspect.ErrOtherChip) || v.Outcome == inspect.ResultPassed {
		t.Errorf("%s, %v", v.Outcome, err)
	}
}

// The new session goes on at the offset where the old one ended.
func TestResumesAtOffset(t *testing.T) {
	all, _ := clean(t)
	c := &recorder{Chip: twin(t, chip.Options{Faults: faults(t, fmt.Sprintf("pull@%d", all-5))})}
	v, err := look(t, c, inspect.Options{})
	wantPassed(t, v, err)
	// Lost, powered on; SELECT, five commands of PACE, SELECT, two of chip
	// authentication, SELECT of the file, and then only what was missing.
	if most := all + 12; len(c.commands) > most {
		t.Errorf("%d exchanges, at most %d are due", len(c.commands), most)
	}
}

// mute never answers, and does not look at its context either.
type mute struct {
	*chip.Chip
	after int
	n     int
	block chan struct{}
}

func (m *mute) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if m.n++; m.n > m.after {
		<-m.block
		return nil, errors.New("too late")
	}
	return m.Chip.Transmit(ctx, command)
}

func TestWatchdog(t *testing.T) {
	block := make(chan struct{})
	defer close(block)
	for _, after := range []int{0, 3, 15} {
		start := time.Now()
		v, err := look(t, &mute{Chip: twin(t, chip.Options{}), after: after, block: block}, inspect.Options{Patience: 100 * time.Millisecond})
		if !errors.Is(err, apdu.ErrTimeout) || v.Outcome == inspect.ResultPassed {
			t.Errorf("mute after %d: %s, %v", after, v.Outcome, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("mute after %d: %v", after, took)
		}
	}
	// A caller who gives up gets the context's error.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := inspect.Inspect(ctx, &mute{Chip: twin(t, chip.Options{}), block: block}, byCAN(t), nil, inspect.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up: %v", err)
	}
}

// chipAuthPoint is where the chip's public key stands in DG14.
func chipAuthPoint(t *testing.T) int {
	t.Helper()
	for _, f := range card(t).Files {
		if f.Name != "EF.DG14" {
			continue
		}
		infos, _, err := lds.ParseDG14(f.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		pub, err := ecc.FromPublic(infos.ChipAuthentication()[0].Public)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(f.Bytes, pub.Bytes()); i > 0 {
			return i
		}
	}
	t.Fatal("no key in DG14")
	return 0
}

func sizeOf(t *testing.T, name string) int {
	t.Helper()
	for _, f := range card(t).Files {
		if f.Name == name {
			return len(f.Bytes)
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
