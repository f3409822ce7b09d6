package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/testcards/pcscd"
)

// echoCard is as much of a card as a transport needs: INS 10 gives the data
// back, INS 20 gives Ne bytes, INS 30 does not answer before the card is pulled.
type echoCard struct {
	id byte

	resets  atomic.Int32
	hanging chan struct{} // gets a token when INS 30 has begun
}

func newEchoCard(id byte) *echoCard {
	return &echoCard{id: id, hanging: make(chan struct{}, 1)}
}

func (c *echoCard) Reset(context.Context) ([]byte, error) {
	c.resets.Add(1)
	return c.atr(), nil
}

func (c *echoCard) atr() []byte {
	b := []byte{0x3B, 0x82, 0x80, 0x01, 0x45, c.id}
	var tck byte
	for _, v := range b[1:] {
		tck ^= v
	}
	return append(b, tck)
}

func (c *echoCard) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(command)
	if err != nil {
		return apdu.Response{SW: apdu.ErrWrongLength}.Encode(), nil
	}
	switch cmd.INS {
	case 0x10:
		return apdu.Response{Data: cmd.Data, SW: apdu.OK}.Encode(), nil
	case 0x20:
		return apdu.Response{Data: bytes.Repeat([]byte{c.id}, cmd.Ne), SW: apdu.OK}.Encode(), nil
	case 0x30:
		c.hanging <- struct{}{}
		<-ctx.Done()
		return nil, apdu.ErrCardGone
	}
	return apdu.Response{SW: apdu.ErrINS}.Encode(), nil
}

func insert(t *testing.T, r *pcscd.Reader, c *echoCard) {
	t.Helper()
	if err := r.Insert(c); err != nil {
		t.Fatal(err)
	}
}

// short is a context for what must not take long.
func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// insertAndConnect puts a card into the reader and connects to it.
func insertAndConnect(t *testing.T, r *pcscd.Reader, c *echoCard, o pcsc.Options) *pcsc.Card {
	t.Helper()
	insert(t, r, c)
	card, err := pcsc.WaitForCard(short(t), r.Name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = card.Close() })
	if !bytes.Equal(card.ATR(), c.atr()) {
		t.Errorf("ATR %X, want %X", card.ATR(), c.atr())
	}
	return card
}

func mustEcho(t *testing.T, card *pcsc.Card, n int) {
	t.Helper()
	data := bytes.Repeat([]byte{0xA5}, n)
	got, err := apdu.Do(short(t), apdu.NewChannel(card), apdu.Command{INS: 0x10, Data: data, Ne: max(n, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("%d bytes came back as %d", n, len(got))
	}
}

// atOnce runs f and fails if it took long or its error is not want.
func atOnce(t *testing.T, want error, f func() error) {
	t.Helper()
	begin := time.Now()
	err := f()
	if took := time.Since(begin); took > 1500*time.Millisecond {
		t.Errorf("the error took %v", took)
	}
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// TestRealReaders runs against a real pcscd with virtual readers. One daemon
// serves all parts: libpcsclite looks for its socket once in a process.
func TestRealReaders(t *testing.T) {
	d := pcscd.Test(t, 8)
	r := d.Readers()
	t.Run("list", func(t *testing.T) { testList(t, d) })
	t.Run("card", func(t *testing.T) {
		for i, part := range []struct {
			name string
			test func(*testing.T, *pcscd.Reader)
		}{
			{"in use", testInUse},
			{"pulled", testPulled},
			{"pulled in mid-exchange", testPulledInExchange},
			{"cancelled", testCancelled},
			{"watchdog", testWatchdog},
		} {
			t.Run(part.name, func(t *testing.T) {
				t.Parallel()
				part.test(t, r[i])
			})
		}
	})
	t.Run("exchange", func(t *testing.T) { testExchange(t, r[5]) })
	t.Run("two at a time", func(t *testing.T) { testTwo(t, r[6], r[7]) })
	t.Run("service restarted", func(t *testing.T) { testRestart(t, d, r[0]) })
	t.Run("service killed in mid-exchange", func(t *testing.T) { testKillInExchange(t, d, r[1]) })
	t.Run("watch", func(t *testing.T) { testWatch(t, d, r[3]) })
}

func testList(t *testing.T, d *pcscd.Daemon) {
	c := newEchoCard(1)
	insert(t, d.Readers()[0], c)
	defer d.Readers()[0].Remove()
	if card, err := pcsc.WaitForCard(short(t), d.Readers()[0].Name, pcsc.Options{}); err != nil {
		t.Fatal(err)
	} else {
		_ = card.Close()
	}
	infos, err := pcsc.Readers(short(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(infos) != len(d.Readers()) {
		t.Fatalf("%d readers, want %d", len(infos), len(d.Readers()))
	}
	for i, info := range infos {
		if info.Name != d.Readers()[i].Name || info.Index != i || info.Problem != nil {
			t.Errorf("reader %d: %+v, want %q", i, info, d.Readers()[i].Name)
		}
		if !info.Limits.Extended() {
			t.Errorf("%s: no extended length", info.Name)
		}
		if info.Card != (i == 0) || bytes.Equal(info.ATR, c.atr()) != (i == 0) {
			t.Errorf("%s: card %v, ATR %X", info.Name, info.Card, info.ATR)
		}
	}
	// The only reader with a card is the default.
	if name, err := pcsc.Find(short(t), ""); err != nil || name != d.Readers()[0].Name {
		t.Errorf("Find: %q, %v", name, err)
	}
	if _, err := pcsc.Connect(short(t), "no such reader", pcsc.Options{}); !errors.Is(err, pcsc.ErrNoReader) {
		t.Errorf("unknown reader: %v", err)
	}
	if _, err := pcsc.Connect(short(t), d.Readers()[4].Name, pcsc.Options{}); !errors.Is(err, pcsc.ErrNoCard) {
		t.Errorf("empty reader: %v", err)
	}
}

func testExchange(t *testing.T, r *pcscd.Reader) {
	c := newEchoCard(2)
	defer r.Remove()
	card := insertAndConnect(t, r, c, pcsc.Options{})
	for _, n := range []int{0, 1, 255, 256, 4000, 32767, 64900} {
		mustEcho(t, card, n)
	}
	if _, err := card.Transmit(short(t), make([]byte, card.MaxCommand()+1)); err == nil {
		t.Error("a command longer than the limit went out")
	}
	if _, err := card.Transmit(short(t), nil); err == nil {
		t.Error("an empty command went out")
	}
	before := c.resets.Load()
	atr, err := card.Reset(short(t))
	if err != nil || !bytes.Equal(atr, c.atr()) {
		t.Errorf("reset: %X, %v", atr, err)
	}
	if c.resets.Load() == before {
		t.Error("the card saw no reset")
	}
	if err := card.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := card.Transmit(short(t), []byte{0, 0x10, 0, 0}); !errors.Is(err, pcsc.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
	again, err := pcsc.Connect(short(t), r.Name, pcsc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	const exchanges = 500
	channel := apdu.NewChannel(again)
	begin := time.Now()
	for range exchanges {
		if _, err := apdu.Do(t.Context(), channel, apdu.Command{INS: 0x20, Ne: 200}); err != nil {
			t.Fatal(err)
		}
	}
	// With delayed acknowledgements it would be 20 in a second.
	rate := exchanges / time.Since(begin).Seconds()
	t.Logf("%.0f exchanges/s", rate)
	if rate < 100 {
		t.Errorf("%.0f exchanges/s", rate)
	}
}

func testTwo(t *testing.T, a, b *pcscd.Reader) {
	defer a.Remove()
	defer b.Remove()
	var wg sync.WaitGroup
	for i, r := range []*pcscd.Reader{a, b} {
		card := insertAndConnect(t, r, newEchoCard(byte(0x10+i)), pcsc.Options{})
		want := byte(0x10 + i)
		wg.Go(func() {
			channel := apdu.NewChannel(card)
			for range 200 {
				got, err := apdu.Do(t.Context(), channel, apdu.Command{INS: 0x20, Ne: 100})
				if err != nil || !bytes.Equal(got, bytes.Repeat([]byte{want}, 100)) {
					t.Errorf("%s: %X…, %v", r.Name, got[:min(2, len(got))], err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func testInUse(t *testing.T, r *pcscd.Reader) {
	defer r.Remove()
	card := insertAndConnect(t, r, newEchoCard(3), pcsc.Options{})
	atOnce(t, pcsc.ErrInUse, func() error {
		_, err := pcsc.Connect(short(t), r.Name, pcsc.Options{InUseWait: -1})
		return err
	})
	// Connect outwaits a program that lets go.
	go func() {
		time.Sleep(150 * time.Millisecond)
		_ = card.Close()
	}()
	next, err := pcsc.Connect(short(t), r.Name, pcsc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	mustEcho(t, next, 10)
}

func testPulled(t *testing.T, r *pcscd.Reader) {
	card := insertAndConnect(t, r, newEchoCard(4), pcsc.Options{})
	mustEcho(t, card, 10)
	r.Remove()
	for range 2 { // and it stays so
		atOnce(t, apdu.ErrCardGone, func() error {
			_, err := card.Transmit(short(t), []byte{0, 0x10, 0, 0})
			return err
		})
	}
	atOnce(t, apdu.ErrCardGone, func() error {
		_, err := card.Reset(short(t))
		return err
	})
	if err := pcsc.WaitForRemoval(short(t), r.Name); err != nil {
		t.Errorf("WaitForRemoval: %v", err)
	}
	nextCard(t, r)
}

// nextCard is the proof that the process can go on.
func nextCard(t *testing.T, r *pcscd.Reader) {
	t.Helper()
	card := insertAndConnect(t, r, newEchoCard(0x7F), pcsc.Options{})
	mustEcho(t, card, 300)
	if err := card.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	r.Remove()
}

func testPulledInExchange(t *testing.T, r *pcscd.Reader) {
	c := newEchoCard(5)
	card := insertAndConnect(t, r, c, pcsc.Options{})
	go func() {
		<-c.hanging
		r.Remove()
	}()
	atOnce(t, apdu.ErrCardGone, func() error {
		_, err := card.Transmit(short(t), []byte{0, 0x30, 0, 0})
		return err
	})
	nextCard(t, r)
}

func testCancelled(t *testing.T, r *pcscd.Reader) {
	c := newEchoCard(6)
	card := insertAndConnect(t, r, c, pcsc.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-c.hanging
		cancel()
	}()
	atOnce(t, context.Canceled, func() error {
		_, err := card.Transmit(ctx, []byte{0, 0x30, 0, 0})
		return err
	})
	atOnce(t, context.Canceled, func() error {
		_, err := card.Transmit(short(t), []byte{0, 0x10, 0, 0})
		return err
	})
	atOnce(t, nil, card.Close)
	r.Remove()
	nextCard(t, r)
}

func testWatchdog(t *testing.T, r *pcscd.Reader) {
	card := insertAndConnect(t, r, newEchoCard(7), pcsc.Options{Timeout: 100 * time.Millisecond})
	mustEcho(t, card, 10)
	atOnce(t, apdu.ErrTimeout, func() error {
		_, err := card.Transmit(short(t), []byte{0, 0x30, 0, 0})
		return err
	})
	r.Remove()
	nextCard(t, r)
}

func testRestart(t *testing.T, d *pcscd.Daemon, r *pcscd.Reader) {
	card := insertAndConnect(t, r, newEchoCard(8), pcsc.Options{})
	mustEcho(t, card, 10)
	if err := d.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		atOnce(t, pcsc.ErrServiceGone, func() error {
			_, err := card.Transmit(short(t), []byte{0, 0x10, 0, 0})
			return err
		})
	}
	atOnce(t, pcsc.ErrServiceGone, func() error {
		_, err := pcsc.Readers(short(t))
		return err
	})
	if err := d.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The old connection stays dead, the same card in the same reader works.
	atOnce(t, pcsc.ErrServiceGone, func() error {
		_, err := card.Transmit(short(t), []byte{0, 0x10, 0, 0})
		return err
	})
	again, err := pcsc.WaitForCard(short(t), r.Name, pcsc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mustEcho(t, again, 10)
	// Killed and back between two commands.
	if err := d.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	atOnce(t, pcsc.ErrServiceGone, func() error {
		_, err := again.Transmit(short(t), []byte{0, 0x10, 0, 0})
		return err
	})
	_ = again.Close()
	r.Remove()
	nextCard(t, r)
}

func testKillInExchange(t *testing.T, d *pcscd.Daemon, r *pcscd.Reader) {
	c := newEchoCard(9)
	card := insertAndConnect(t, r, c, pcsc.Options{})
	go func() {
		<-c.hanging
		_ = d.Kill()
	}()
	atOnce(t, pcsc.ErrServiceGone, func() error {
		_, err := card.Transmit(short(t), []byte{0, 0x30, 0, 0})
		return err
	})
	r.Remove()
	if err := d.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	nextCard(t, r)
}

func testWatch(t *testing.T, d *pcscd.Daemon, r *pcscd.Reader) {
	ctx, cancel := context.WithCancel(t.Context())
	events := make(chan string, 100)
	done := make(chan error)
	go func() {
		done <- pcsc.Watch(ctx, func(e pcsc.Event) error {
			events <- fmt.Sprintf("%s %s", e.Kind, e.Reader)
			return nil
		})
	}()
	expect := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-events:
				if got == want {
					return
				}
			case <-time.After(3 * time.Second):
				t.Fatalf("no event %q", want)
			}
		}
	}
	expect("reader added " + d.Readers()[5].Name)
	insert(t, r, newEchoCard(10))
	expect("card inserted " + r.Name)
	r.Remove()
	expect("card removed " + r.Name)
	if err := d.Kill(); err != nil {
		t.Fatal(err)
	}
	expect("service lost ")
	if err := d.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect("service back ")
	expect("reader added " + r.Name)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Watch: %v", err)
	}
}
