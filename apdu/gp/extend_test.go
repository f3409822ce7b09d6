package gp_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// wide is a card whose reader carries long commands.
type wide struct{ *card }

func (wide) ATR() []byte      { return nil }
func (wide) MaxCommand() int  { return 1000 }
func (wide) MaxResponse() int { return 1000 }

// TestExtendedLength: both ends agree on commands longer than a short APDU, the wire
// carries no more than the reader does, and the C-MAC covers the three bytes of Lc.
func TestExtendedLength(t *testing.T) {
	ctx := context.Background()
	for _, level := range levels {
		c, keys := newCard(0x70, 16)
		var sent []byte
		c.app = func(cmd apdu.Command) apdu.Response { sent = cmd.Data; return apdu.Response{SW: apdu.OK} }
		ch, err := gp.Open(ctx, apdu.NewChannel(wide{c}), keys, gp.Options{Level: level})
		if err != nil {
			t.Fatal(err)
		}
		short := ch.MaxData()
		ch.Extend(200) // less than a short APDU
		if ch.MaxData() != short {
			t.Errorf("level %02X: %d bytes after an extension to nothing, %d before", byte(level), ch.MaxData(), short)
		}
		ch.Extend(1000)
		if n := ch.MaxData(); n < 960 || n > 991-8 {
			t.Errorf("level %02X: commands of %d bytes", byte(level), n)
		}
		for _, n := range []int{1, short, short + 1, 254, 255, 256, 300, ch.MaxData()} {
			want := bytes.Repeat([]byte{byte(n)}, n)
			r, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: want})
			if err != nil || r.SW != apdu.OK || !bytes.Equal(sent, want) {
				t.Fatalf("level %02X, %d bytes: %v %v, %d arrived", byte(level), n, r.SW, err, len(sent))
			}
			if raw, err := c.sent[len(c.sent)-1].Encode(); err != nil || len(raw) > 1000 {
				t.Errorf("level %02X, %d bytes: %d on the wire, %v", byte(level), n, len(raw), err)
			}
		}
		if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: make([]byte, ch.MaxData()+1)}); !errors.Is(err, gp.ErrTooLong) {
			t.Errorf("level %02X: one byte more: %v", byte(level), err)
		}
	}
}

// TestExtendedLc computes the C-MAC of a long command by hand.
func TestExtendedLc(t *testing.T) {
	ctx := context.Background()
	c, keys := newCard(0x00, 16)
	c.chip.Rand = bytes.NewReader(make([]byte, 8))
	ch, err := gp.Open(ctx, apdu.NewChannel(wide{c}), keys, gp.Options{Level: gp.LevelCMAC, Rand: bytes.NewReader(make([]byte, 8))})
	if err != nil {
		t.Fatal(err)
	}
	ch.Extend(1000)
	data := bytes.Repeat([]byte{0xA5}, 300)
	if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, P1: 0x88, P2: 3, Data: data}); err != nil {
		t.Fatal(err)
	}
	_, smac, _, err := gp.DeriveSessionKeys(keys.ENC.Bytes(), keys.MAC.Bytes(), make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	external := c.sent[1]
	chain, err := mac.CMAC(smac, append(append(make([]byte, 16), 0x84, 0x82, 0x01, 0x00, 0x10), external.Data[:8]...))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(chain[:8], external.Data[8:]) {
		t.Fatal("the chaining value is another")
	}
	want, err := mac.CMAC(smac, append(append(chain, 0x84, 0xE2, 0x88, 0x03, 0x00, 0x01, 0x34), data...)) // 308 bytes with the MAC
	if err != nil {
		t.Fatal(err)
	}
	if got := c.sent[2].Data; !bytes.Equal(got[300:], want[:8]) {
		t.Errorf("C-MAC %X, want %X", got[300:], want[:8])
	}
}
