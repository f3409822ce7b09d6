package gp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
)

func TestDefaultLevelIsTheBestTheCardHas(t *testing.T) {
	for i, want := range map[byte]gp.Level{0x00: 0x03, 0x10: 0x03, 0x20: 0x03, 0x60: 0x33, 0x70: 0x33} {
		c, keys := newCard(i, 16)
		if got := openOn(t, c, keys, gp.Options{}).Level(); got != want {
			t.Errorf("i = %02X: level %v, want %v", i, got, want)
		}
	}
}

func TestLevelsThatDoNotExist(t *testing.T) {
	for _, level := range []gp.Level{0x02, 0x10, 0x21, 0x31, 0x43, 0x83} {
		c, keys := newCard(0x70, 16)
		if _, err := gp.Open(context.Background(), apdu.NewChannel(c), keys, gp.Options{Level: level}); !errors.Is(err, gp.ErrLevel) || len(c.sent) != 0 {
			t.Errorf("%02X: %v after %d commands", byte(level), err, len(c.sent))
		}
	}
}

func TestHandshakeTellsWhoseKeysToFind(t *testing.T) {
	c, keys := newCard(0x70, 24)
	c.chip.KDD = []byte("0123456789")
	c.chip.Keys[0x30].Counter = 6
	h, err := gp.Begin(context.Background(), apdu.NewChannel(c), gp.Options{})
	if err != nil || string(h.KDD) != "0123456789" || h.KVN != 0x30 || h.I != 0x70 || h.Counter != 7 {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := h.Authenticate(context.Background(), keys); err != nil {
		t.Fatal(err)
	}
}

func TestCardThatWantsEncryption(t *testing.T) {
	c, keys := newCard(0x70, 16)
	c.chip.RequireLevel = gp.LevelCMACCDec
	ctx := context.Background()
	if _, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{Level: gp.LevelCMAC}); !errors.Is(err, apdu.ErrWrongData) {
		t.Fatalf("level 01: %v", err)
	}
	if _, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{Level: gp.LevelCMACCDec}); err != nil {
		t.Fatalf("level 03: %v", err)
	}
}

func TestUnknownKeyVersion(t *testing.T) {
	c, keys := newCard(0x70, 16)
	if _, err := gp.Open(context.Background(), apdu.NewChannel(c), keys, gp.Options{KVN: 0x01}); !errors.Is(err, apdu.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
}

func TestHostChallengeIsFresh(t *testing.T) {
	c, keys := newCard(0x70, 16)
	openOn(t, c, keys, gp.Options{})
	openOn(t, c, keys, gp.Options{})
	if bytes.Equal(c.sent[0].Data, c.sent[2].Data) {
		t.Fatal("the same host challenge twice")
	}
	if _, err := gp.Begin(context.Background(), apdu.NewChannel(c), gp.Options{Rand: bytes.NewReader(make([]byte, 7))}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("seven random bytes: %v", err)
	}
}

// broken answers a handshake and then fails.
type broken struct {
	*card
	after int
}

func (b *broken) Transmit(ctx context.Context, c []byte) ([]byte, error) {
	if b.after == 0 {
		return nil, apdu.ErrCardGone
	}
	b.after--
	return b.card.Transmit(ctx, c)
}

func TestTransportErrorEndsTheChannel(t *testing.T) {
	c, keys := newCard(0x70, 16)
	b := &broken{c, 2}
	ctx := context.Background()
	ch, err := gp.Open(ctx, apdu.NewChannel(b), keys, gp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xCA}); !errors.Is(err, apdu.ErrCardGone) {
		t.Fatalf("got %v", err)
	}
	b.after = 9
	if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xCA}); !errors.Is(err, gp.ErrClosed) || ch.Level() != 0 {
		t.Fatalf("the channel lives on: %v", err)
	}
}

func TestNewSelectionEndsTheChipsSession(t *testing.T) {
	c, keys := newCard(0x70, 16)
	openOn(t, c, keys, gp.Options{})
	c.chip.End()
	if c.chip.Level() != 0 || c.chip.Aborted() {
		t.Fatal("session lives on")
	}
	if _, err := c.chip.DecryptDEK(make([]byte, 16)); !errors.Is(err, apdu.ErrSecurityStatus) {
		t.Fatalf("Key-DEK without a session: %v", err)
	}
}
