package vpcd_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/vpcd"
)

// echoCard gives back what it gets. INS 30 waits until the call is over, INS EE
// fails.
type echoCard struct {
	resets    atomic.Int32
	atr       []byte
	cancelled chan struct{}
}

func newEchoCard() *echoCard {
	return &echoCard{atr: []byte{0x3B, 0x80, 0x01, 0x81}, cancelled: make(chan struct{}, 8)}
}

var errBroken = errors.New("broken chip")

func (c *echoCard) Transmit(ctx context.Context, b []byte) ([]byte, error) {
	switch b[1] {
	case 0x30:
		<-ctx.Done()
		c.cancelled <- struct{}{}
		return nil, ctx.Err()
	case 0xEE:
		return nil, errBroken
	}
	return append(append([]byte(nil), b...), 0x90, 0x00), nil
}

func (c *echoCard) Reset(context.Context) ([]byte, error) {
	c.resets.Add(1)
	return c.atr, nil
}

// driver is the other end of the wire, as the virtual reader driver speaks it.
type driver struct {
	t  *testing.T
	ln net.Listener
	c  net.Conn
}

func newDriver(t *testing.T) *driver {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{t: t, ln: ln}
	t.Cleanup(func() {
		_ = ln.Close()
		if d.c != nil {
			_ = d.c.Close()
		}
	})
	return d
}

func (d *driver) addr() string { return d.ln.Addr().String() }

func (d *driver) accept() {
	d.t.Helper()
	var err error
	_ = d.ln.(*net.TCPListener).SetDeadline(time.Now().Add(5 * time.Second))
	if d.c, err = d.ln.Accept(); err != nil {
		d.t.Fatal(err)
	}
	_ = d.c.SetDeadline(time.Now().Add(10 * time.Second))
}

// send writes length and body in two packets, as the driver does.
func (d *driver) send(b ...byte) {
	d.t.Helper()
	var head [2]byte
	binary.BigEndian.PutUint16(head[:], uint16(len(b)))
	if _, err := d.c.Write(head[:]); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.c.Write(b); err != nil {
		d.t.Fatal(err)
	}
}

func (d *driver) receive() []byte {
	d.t.Helper()
	b, err := d.tryReceive()
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

func (d *driver) tryReceive() ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(d.c, head[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(head[:]))
	_, err := io.ReadFull(d.c, b)
	return b, err
}

func (d *driver) expect(want ...byte) {
	d.t.Helper()
	if got := d.receive(); !bytes.Equal(got, want) {
		d.t.Errorf("card says %X, want %X", got, want)
	}
}

func serve(t *testing.T, addr string, card vpcd.Card) (result chan error, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	result = make(chan error, 1)
	go func() { result <- vpcd.Serve(ctx, addr, card) }()
	return result, cancel
}

func soon(t *testing.T, result chan error) error {
	t.Helper()
	select {
	case err := <-result:
		return err
	case <-time.After(5 * time.Second):
		t.Fatal("Serve does not return")
		return nil
	}
}

// TestWire: of the controls only 04 is answered; a command is answered once.
func TestWire(t *testing.T) {
	d, card := newDriver(t), newEchoCard()
	result, stop := serve(t, d.addr(), card)
	d.accept()
	d.send(0x04)
	d.expect(card.atr...)
	d.send(0x01)
	d.send(0x02)
	d.send(0x04)
	d.expect(card.atr...)
	if n := card.resets.Load(); n != 3 {
		t.Errorf("%d resets, want 3: for the first ATR, power on, reset", n)
	}
	d.send(0x00, 0xA4, 0x04, 0x0C)
	d.expect(0x00, 0xA4, 0x04, 0x0C, 0x90, 0x00)
	// pcscd asks for the ATR in the middle of a session: no reset.
	d.send(0x04)
	d.expect(card.atr...)
	d.send(0x00)
	d.send(0x00, 0xA4) // not a command
	d.expect(0x67, 0x00)
	long := bytes.Repeat([]byte{0x11}, vpcd.MaxMessage-2)
	d.send(long...)
	d.expect(append(long, 0x90, 0x00)...)
	if n := card.resets.Load(); n != 3 {
		t.Errorf("%d resets, want 3", n)
	}
	stop()
	if err := soon(t, result); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := d.tryReceive(); err == nil {
		t.Error("the card is still in the reader")
	}
}

// TestReconnect: pcscd goes and comes back, on the same port.
func TestReconnect(t *testing.T) {
	d, card := newDriver(t), newEchoCard()
	serve(t, d.addr(), card)
	d.accept()
	d.send(0x04)
	d.expect(card.atr...)
	// In the middle of a command: it is cancelled.
	d.send(0x00, 0x30, 0, 0)
	_ = d.c.Close()
	select {
	case <-card.cancelled:
	case <-time.After(3 * time.Second):
		t.Fatal("the command was not cancelled")
	}
	d.accept()
	d.send(0x04)
	d.expect(card.atr...)
}

// TestBeforeDriver: the card may be there before pcscd.
func TestBeforeDriver(t *testing.T) {
	d := newDriver(t)
	addr := d.addr()
	_ = d.ln.Close()
	card := newEchoCard()
	serve(t, addr, card)
	time.Sleep(50 * time.Millisecond)
	var err error
	if d.ln, err = net.Listen("tcp", addr); err != nil {
		t.Skipf("the port was taken meanwhile: %v", err)
	}
	d.accept()
	d.send(0x04)
	d.expect(card.atr...)
}

func TestBroken(t *testing.T) {
	for _, tc := range []struct {
		name string
		card func(*echoCard)
		say  [][]byte
		want error
	}{
		{"command fails", nil, [][]byte{{0x00, 0xEE, 0, 0}}, errBroken},
		{"unknown control", nil, [][]byte{{0x07}}, vpcd.ErrProtocol},
		{"empty message", nil, [][]byte{{}}, vpcd.ErrProtocol},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, card := newDriver(t), newEchoCard()
			result, _ := serve(t, d.addr(), card)
			d.accept()
			for _, m := range tc.say {
				d.send(m...)
			}
			if err := soon(t, result); !errors.Is(err, tc.want) {
				t.Errorf("Serve: %v, want %v", err, tc.want)
			}
		})
	}
	for name, atr := range map[string][]byte{"no ATR": nil, "long ATR": make([]byte, vpcd.MaxATR+1)} {
		d, card := newDriver(t), newEchoCard()
		card.atr = atr
		result, _ := serve(t, d.addr(), card)
		d.accept()
		d.send(0x01)
		if err := soon(t, result); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	result, _ := serve(t, "no port", newEchoCard())
	if err := soon(t, result); err == nil {
		t.Error("an address that is none: no error")
	}
}

func TestSlot(t *testing.T) {
	d, card := newDriver(t), newEchoCard()
	s := vpcd.NewSlot(d.addr())
	s.Remove()
	if err := s.Connected(t.Context()); !errors.Is(err, vpcd.ErrNotInserted) {
		t.Errorf("empty slot: %v", err)
	}
	if err := s.Insert(card); err != nil {
		t.Fatal(err)
	}
	if err := s.Insert(card); !errors.Is(err, vpcd.ErrOccupied) {
		t.Errorf("occupied slot: %v", err)
	}
	d.accept()
	if err := s.Connected(t.Context()); err != nil {
		t.Error(err)
	}
	d.send(0x00, 0x30, 0, 0)
	time.Sleep(20 * time.Millisecond)
	begin := time.Now()
	s.Remove() // in the middle of the command
	if _, err := d.tryReceive(); err == nil {
		t.Error("the card answered after it was pulled")
	}
	if err := s.Insert(card); err != nil {
		t.Errorf("a second time: %v", err)
	}
	d.accept()
	// pcscd must have seen the reader empty.
	if gone := time.Since(begin); gone < 400*time.Millisecond {
		t.Errorf("the reader was empty for %v only", gone)
	}
	s.Remove()
}

// TestSpeed: without prompt acknowledgements a driver that sends length and
// body in two packets gets 20 exchanges a second.
func TestSpeed(t *testing.T) {
	d, card := newDriver(t), newEchoCard()
	serve(t, d.addr(), card)
	d.accept()
	_ = d.c.(*net.TCPConn).SetNoDelay(false)
	const n = 100
	begin := time.Now()
	for range n {
		d.send(0x00, 0xB0, 0x00, 0x00, 0xDF)
		d.receive()
	}
	if took := time.Since(begin); took > n*10*time.Millisecond {
		t.Errorf("%d exchanges took %v", n, took)
	}
}
