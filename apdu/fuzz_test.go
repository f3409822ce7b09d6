package apdu_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
)

// answering is a chip behind a reader with extended length that answers from a
// script: a length, that many bytes, and so on, from the beginning again at its end.
type answering struct {
	script []byte
	at, n  int
}

func (*answering) ATR() []byte      { return nil }
func (*answering) MaxCommand() int  { return 65_544 }
func (*answering) MaxResponse() int { return 65_538 }

func (a *answering) Transmit(context.Context, []byte) ([]byte, error) {
	a.n++
	if a.at >= len(a.script) {
		a.at = 0
	}
	if len(a.script) == 0 {
		return nil, nil
	}
	n := int(a.script[a.at])
	from := a.at + 1
	a.at = min(from+n, len(a.script))
	return a.script[from:a.at], nil
}

// FuzzChannelAnswers: whatever a chip answers to a command, short, long or in
// pieces, sending ends, and what comes back is no more than an answer can be.
func FuzzChannelAnswers(f *testing.F) {
	f.Add([]byte{2, 0x90, 0x00}, byte(0xB0), uint16(0), uint16(256), byte(0))
	f.Add([]byte{2, 0x61, 0x10, 4, 1, 2, 0x61, 0x02, 2, 0x90, 0x00}, byte(0x88), uint16(8), uint16(256), byte(1))
	f.Add([]byte{2, 0x6C, 0x07, 2, 0x6C, 0x08}, byte(0xB0), uint16(0), uint16(9), byte(2))
	f.Add([]byte{2, 0x67, 0x00, 2, 0x90, 0x00, 2, 0x68, 0x84}, byte(0x86), uint16(300), uint16(300), byte(0))
	f.Add([]byte{1, 0x90}, byte(0x22), uint16(300), uint16(0), byte(1))
	f.Add([]byte{3, 0x00, 0x61, 0x01}, byte(0x84), uint16(0), uint16(8), byte(0x1C))
	f.Fuzz(func(t *testing.T, script []byte, ins byte, data, ne uint16, how byte) {
		a := &answering{script: script}
		ch := apdu.NewChannel(a)
		ch.ChipTakes(apdu.Lengths(how % 3))
		cmd := apdu.Command{CLA: how & 0x1C, INS: ins, Data: bytes.Repeat([]byte{0x5A}, int(data)), Ne: int(ne)}
		r, err := ch.Send(t.Context(), cmd)
		if len(r.Data) > apdu.MaxExtendedNe {
			t.Errorf("%d bytes", len(r.Data))
		}
		if err != nil && (r.SW != 0 || len(r.Data) != 0) {
			t.Errorf("an answer beside %v", err)
		}
		// 258 pieces of the longest command, twice 300 GET RESPONSE at most.
		if a.n > 900 || ch.Stats().Exchanges != a.n {
			t.Errorf("%d exchanges, %d counted", a.n, ch.Stats().Exchanges)
		}
	})
}
