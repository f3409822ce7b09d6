package pcsc

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

func t1Reader() *fakeReader { return &fakeReader{card: true, counter: 1, protocol: protocolT1} }

func mustConnect(t *testing.T, o Options) *Card {
	t.Helper()
	card, err := Connect(t.Context(), "", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = card.Close() })
	return card
}

var command = []byte{0, 0x10, 0, 0}

// TestFailures: what each answer of the library means, and what is possible
// afterwards.
func TestFailures(t *testing.T) {
	for _, tc := range []struct {
		name    string
		code    code
		happens func(l *fakeLibrary, r *fakeReader)
		want    error
		canHeal bool
	}{
		{"card removed", codeRemovedCard, func(_ *fakeLibrary, r *fakeReader) { r.card = false }, apdu.ErrCardGone, false},
		{"not transacted, card absent", codeNotTransacted, func(_ *fakeLibrary, r *fakeReader) { r.card = false }, apdu.ErrCardGone, false},
		{"not transacted, another card", codeNotTransacted, func(_ *fakeLibrary, r *fakeReader) { r.counter += 2 }, apdu.ErrCardGone, false},
		{"not transacted, card present", codeNotTransacted, nil, ErrExchange, true},
		{"unpowered", codeUnpoweredCard, nil, ErrCardMute, true},
		{"reset by another", codeResetCard, nil, ErrCardReset, true},
		{"reader unavailable", codeReaderUnavailable, nil, apdu.ErrReaderGone, false},
		{"reader unplugged", codeInvalidHandle, func(l *fakeLibrary, _ *fakeReader) { delete(l.readers, "R") }, apdu.ErrReaderGone, false},
		{"reader unplugged, not transacted", codeNotTransacted, func(l *fakeLibrary, _ *fakeReader) { delete(l.readers, "R") }, apdu.ErrReaderGone, false},
		{"service restarted", codeInvalidHandle, nil, ErrServiceGone, false},
		{"service down", codeCommError, func(l *fakeLibrary, _ *fakeReader) { l.down = true }, ErrServiceGone, false},
		{"service stopped, windows", codeWinBrokenPipe, nil, ErrServiceGone, false},
		{"a code without a name", 0x80100099, nil, ErrExchange, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := t1Reader()
			l := install(t, map[string]*fakeReader{"R": r})
			card := mustConnect(t, Options{})
			l.change(func() {
				r.transmit = func([]byte) ([]byte, error) { return nil, tc.code }
				if tc.happens != nil {
					tc.happens(l, r)
				}
			})
			for range 2 {
				if _, err := card.Transmit(t.Context(), command); !errors.Is(err, tc.want) {
					t.Errorf("transmit: %v, want %v", err, tc.want)
				}
			}
			l.change(func() { r.transmit = nil })
			_, err := card.Reset(t.Context())
			if tc.canHeal != (err == nil) {
				t.Errorf("reset: %v", err)
			}
			if _, err := card.Transmit(t.Context(), command); tc.canHeal != (err == nil) {
				t.Errorf("after the reset: %v", err)
			}
			if err := card.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if sessions, handles := l.open(); sessions != 0 || handles != 0 {
				t.Errorf("%d contexts and %d handles left", sessions, handles)
			}
			// All is well again: the next card works.
			l.change(func() { l.down, r.card, l.readers["R"] = false, true, r })
			next := mustConnect(t, Options{})
			if _, err := next.Transmit(t.Context(), command); err != nil {
				t.Errorf("next card: %v", err)
			}
		})
	}
}

// TestStuck: a library that does not come back holds up nobody, and what it
// held is released when it does.
func TestStuck(t *testing.T) {
	r := t1Reader()
	l := install(t, map[string]*fakeReader{"R": r})
	stuck := make(chan struct{})
	r.transmit = func([]byte) ([]byte, error) {
		<-stuck
		return []byte{0x90, 0x00}, nil
	}
	card := mustConnect(t, Options{Timeout: 30 * time.Millisecond})
	begin := time.Now()
	if _, err := card.Transmit(t.Context(), command); !errors.Is(err, apdu.ErrTimeout) {
		t.Errorf("watchdog: %v", err)
	}
	if _, err := card.Reset(t.Context()); !errors.Is(err, apdu.ErrTimeout) {
		t.Errorf("reset of a stuck card: %v", err)
	}
	if err := card.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := Connect(t.Context(), "R", Options{InUseWait: -1}); !errors.Is(err, ErrInUse) {
		t.Errorf("the reader while it is stuck: %v", err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("all this took %v", took)
	}
	close(stuck)
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if sessions, handles := l.open(); sessions == 0 && handles == 0 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%d contexts and %d handles left", sessions, handles)
		}
	}
	l.change(func() { r.transmit = nil })
	if _, err := mustConnect(t, Options{}).Transmit(t.Context(), command); err != nil {
		t.Errorf("next card: %v", err)
	}
}

// TestContext: a call that was not begun leaves the card usable, a deadline is a
// timeout.
func TestContext(t *testing.T) {
	r := t1Reader()
	install(t, map[string]*fakeReader{"R": r})
	card := mustConnect(t, Options{})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := card.Transmit(over, command); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	if _, err := card.Transmit(t.Context(), command); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	r.transmit = func([]byte) ([]byte, error) { time.Sleep(200 * time.Millisecond); return []byte{0x90, 0x00}, nil }
	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := card.Transmit(late, command); !errors.Is(err, apdu.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
	time.Sleep(250 * time.Millisecond) // the fake is put back only when nobody uses it
}

// TestT0: a command with data and Le goes out without Le, and no extended
// length is offered.
func TestT0(t *testing.T) {
	r := &fakeReader{card: true, protocol: protocolT0}
	install(t, map[string]*fakeReader{"Virtual PCD 00 00": r})
	card := mustConnect(t, Options{})
	if card.Limits().Extended() {
		t.Error("extended length under T=0")
	}
	for _, tc := range []struct{ command, want []byte }{
		{[]byte{0, 1, 2, 3}, []byte{0, 1, 2, 3}},
		{[]byte{0, 1, 2, 3, 0}, []byte{0, 1, 2, 3, 0}},
		{[]byte{0, 1, 2, 3, 2, 9, 9}, []byte{0, 1, 2, 3, 2, 9, 9}},
		{[]byte{0, 1, 2, 3, 2, 9, 9, 0}, []byte{0, 1, 2, 3, 2, 9, 9}},
	} {
		got, err := card.Transmit(t.Context(), tc.command)
		if err != nil || !bytes.Equal(got[:len(got)-2], tc.want) {
			t.Errorf("%X went out as %X, %v", tc.command, got, err)
		}
	}
}

func TestChoose(t *testing.T) {
	readers := []Info{{Name: "ACS ACR1252 00 00"}, {Name: "HID Omnikey 5022 01 00", Card: true}, {Name: "HID Omnikey 5022 02 00"}}
	for _, tc := range []struct {
		selector string
		want     string
		err      error
	}{
		{"", "HID Omnikey 5022 01 00", nil},
		{"0", "ACS ACR1252 00 00", nil},
		{"2", "HID Omnikey 5022 02 00", nil},
		{"3", "", ErrNoReader},
		{"-1", "", ErrNoReader},
		{"acr1252", "ACS ACR1252 00 00", nil},
		{"omnikey", "", ErrAmbiguous},
		{"01 00", "HID Omnikey 5022 01 00", nil},
		{"01", "HID Omnikey 5022 01 00", nil},
		{"HID Omnikey 5022 02 00", "HID Omnikey 5022 02 00", nil},
		{"Gemalto", "", ErrNoReader},
	} {
		if got, err := choose(readers, tc.selector); got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%q: %q, %v", tc.selector, got, err)
		}
	}
	if _, err := choose(nil, ""); !errors.Is(err, ErrNoReader) {
		t.Errorf("no readers: %v", err)
	}
	if _, err := choose(readers[:1], ""); err != nil {
		t.Errorf("one reader: %v", err)
	}
	_, err := choose([]Info{{Name: "A"}, {Name: "B"}}, "")
	if !errors.Is(err, ErrAmbiguous) || !strings.Contains(err.Error(), "A, B") {
		t.Errorf("two empty readers: %v", err)
	}
}

func TestLimits(t *testing.T) {
	properties := func(n ...byte) *fakeReader {
		return &fakeReader{controls: map[uint32][]byte{
			controlCode(featureRequest): {0x06, 4, 0, 0, 0, 1, featureTLVProperties, 4, 0x42, 0x33, 0x00, 0x12},
			0x42330012:                  append([]byte{0x01, 2, 0, 0, propertyMaxAPDU, byte(len(n))}, n...),
		}}
	}
	maxInput := func(n ...byte) *fakeReader { return &fakeReader{attrs: map[uint32][]byte{attributeMaxInput: n}} }
	for _, tc := range []struct {
		name   string
		reader *fakeReader
		want   Limits
	}{
		{"says nothing", &fakeReader{}, shortLimits},
		{"property: short only", properties(0, 0, 0, 0), Limits{261, 258, true}},
		{"property: 2,048", properties(0, 8, 0, 0), Limits{2057, 2050, true}},
		{"property: 65,536", properties(0, 0, 1, 0), Limits{65545, 65538, true}},
		{"property: forbidden value", properties(200, 0, 0, 0), shortLimits},
		{"property: wrong length", properties(0, 8), shortLimits},
		{"input: 261", maxInput(5, 1, 0, 0), Limits{261, 258, true}},
		{"input: 2,038", maxInput(0xF6, 7, 0, 0), Limits{2038, 2038, true}},
		{"input: nonsense", maxInput(0xFF, 0xFF, 0xFF, 0xFF), shortLimits},
		{"input: wrong length", maxInput(1), shortLimits},
	} {
		if got := findLimits(&fakeHandle{r: tc.reader, l: &fakeLibrary{}}, "R"); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
	if got := shortLimits.override(Limits{MaxCommand: 4096, MaxResponse: 1 << 20}); got.MaxCommand != 4096 || got.MaxResponse != libraryLimits.MaxResponse {
		t.Errorf("override: %+v", got)
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte{1, 2, 0, 0, 10, 4, 0, 0, 1, 0}, byte(10))
	f.Fuzz(func(_ *testing.T, list []byte, tag byte) {
		find(list, tag)
		_, _ = apduSizeLimits(list)
		_, _ = inputLimits(list)
	})
}

// TestWaitForCard: the reader is unplugged and comes back with a card.
func TestWaitForCard(t *testing.T) {
	r := &fakeReader{protocol: protocolT1}
	l := install(t, map[string]*fakeReader{"R": r})
	if _, err := WaitForCard(t.Context(), "S", Options{}); !errors.Is(err, ErrNoReader) {
		t.Errorf("no such reader: %v", err)
	}
	time.AfterFunc(30*time.Millisecond, func() { l.change(func() { delete(l.readers, "R") }) })
	time.AfterFunc(90*time.Millisecond, func() {
		l.change(func() {
			r.card, r.counter = true, 1
			l.readers["R"] = r
		})
	})
	card, err := WaitForCard(t.Context(), "R", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer card.Close()
	time.AfterFunc(30*time.Millisecond, func() { l.change(func() { r.card, r.counter = false, 2 }) })
	if err := WaitForRemoval(t.Context(), "R"); err != nil {
		t.Errorf("removal: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := WaitForCard(ctx, "R", Options{InUseWait: -1}); err == nil {
		t.Error("a card out of nothing")
	}
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("the context ended the wait after %v", took)
	}
	time.Sleep(waitSlice) // what was left behind ends, before the fake is put back
}
