package openpace_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/testcards/openpace"
)

// dir holds the compiled peer for all tests of a run.
var dir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if dir, err = os.MkdirTemp("", "openpace-"); err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		return m.Run()
	}())
}

var build = sync.OnceValues(func() (string, error) { return openpace.Build(context.Background(), dir) })

// newPeer starts a peer of the test's own. A machine that lacks a part skips
// the test, except with CI=true, where it fails.
func newPeer(t testing.TB) *openpace.Peer {
	t.Helper()
	program, err := build()
	var p *openpace.Peer
	// No run takes long: a peer that hangs ends its test.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	if err == nil {
		p, err = openpace.Start(ctx, program)
	}
	t.Cleanup(cancel)
	if errors.Is(err, openpace.ErrUnavailable) && os.Getenv("CI") != "true" {
		t.Skipf("needs OpenPACE's library: %v", err)
	}
	if err != nil {
		t.Fatalf("needs OpenPACE's library: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("peer: %v", err)
		}
	})
	return p
}

// card is our chip: one protocol, then secure messaging around echo.
type card struct {
	t    testing.TB
	chip interface {
		Handle(apdu.Command) (apdu.Response, *sm.Chip)
	}
	session *sm.Chip
}

func (*card) ATR() []byte      { return nil }
func (*card) MaxCommand() int  { return 65544 }
func (*card) MaxResponse() int { return 65538 }

func (c *card) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		c.t.Fatalf("malformed command of %d bytes: %v", len(b), err)
	}
	if c.session == nil {
		r, session := c.chip.Handle(cmd)
		c.session = session
		return r.Encode(), nil
	}
	return echo(c.session, cmd).Encode(), nil
}

// echo answers a protected command with its own data.
func echo(session *sm.Chip, cmd apdu.Command) apdu.Response {
	plain, err := session.Unwrap(cmd)
	if err != nil {
		return apdu.Response{SW: sm.StatusOf(err)}
	}
	r, err := session.Wrap(apdu.Response{Data: plain.Data, SW: apdu.OK})
	if err != nil {
		return apdu.Response{SW: apdu.ErrExecution}
	}
	return r
}

// line is a card that can be changed under a channel.
type line struct{ apdu.Transmitter }

func (line) ATR() []byte      { return nil }
func (line) MaxCommand() int  { return 65544 }
func (line) MaxResponse() int { return 65538 }

// messages go through secure messaging: a last block in part, and none.
var messages = [][]byte{[]byte("chip and terminal agree"), bytes.Repeat([]byte{0xA5}, 32)}

// sendEach has every message echoed.
func sendEach(t testing.TB, ch apdu.Sender) {
	t.Helper()
	for _, m := range messages {
		got, err := apdu.Do(context.Background(), ch, apdu.Command{INS: 0xA4, P1: 2, Data: m, Ne: apdu.MaxShortNe})
		if err != nil {
			t.Errorf("secure messaging: %v", err)
		} else if !bytes.Equal(got, m) {
			t.Errorf("secure messaging: %X, want %X", got, m)
		}
	}
}

// counter is the send sequence counter after the messages of sendEach.
func counter(c mac.Cipher) []byte {
	b := make([]byte, c.BlockSize())
	b[len(b)-1] = byte(2 * len(messages))
	return b
}

func peerKeys(t testing.TB, p *openpace.Peer) (enc, macKey mac.Key) {
	t.Helper()
	e, m, err := p.Keys()
	if err != nil {
		t.Fatal(err)
	}
	return mac.NewKey(e), mac.NewKey(m)
}

// proveTerminal shows that our channel and the peer's chip have the same keys:
// messages that libeac opens and protects, then messages under the keys that it
// tells.
func proveTerminal(t testing.TB, ch *sm.Channel, l *line, p *openpace.Peer, c mac.Cipher) {
	t.Helper()
	sendEach(t, ch)
	enc, macKey := peerKeys(t, p)
	session, err := sm.NewChip(c, enc, macKey, counter(c))
	if err != nil {
		t.Fatal(err)
	}
	l.Transmitter = &card{t: t, session: session}
	sendEach(t, ch)
}

// proveChip is proveTerminal with the roles changed.
func proveChip(t testing.TB, s *openpace.Session, ch apdu.Sender, p *openpace.Peer, c mac.Cipher) {
	t.Helper()
	sendEach(t, s)
	enc, macKey := peerKeys(t, p)
	own, err := sm.New(ch, c, enc, macKey, counter(c))
	if err != nil {
		t.Fatal(err)
	}
	sendEach(t, own)
}

var allCiphers = []mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256}
