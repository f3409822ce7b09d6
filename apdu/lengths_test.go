package apdu_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
)

// lengthy is a chip behind a reader with extended length. It refuses one form of
// a long command, and keeps what came.
type lengthy struct {
	noExtended, noChaining, silent bool
	answer                         []byte // to extended length that is refused
	commands                       []apdu.Command
	extended                       int
	gathered                       []byte
}

func (*lengthy) ATR() []byte      { return nil }
func (*lengthy) MaxCommand() int  { return 65_544 }
func (*lengthy) MaxResponse() int { return 65_538 }

func (l *lengthy) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		return nil, err
	}
	l.commands = append(l.commands, cmd)
	switch extended := len(b) > 6 && b[4] == 0; {
	case extended && l.silent:
		l.extended++
		return nil, apdu.ErrCardGone
	case extended && l.noExtended:
		l.extended++
		return l.answer, nil
	case extended:
		l.extended++
	case cmd.CLA&apdu.ClassChaining != 0 && l.noChaining:
		return []byte{0x68, 0x84}, nil
	}
	l.gathered = append(l.gathered, cmd.Data...)
	return []byte{0x90, 0x00}, nil
}

// What a chip says decides what is tried first, and what it refuses is not tried
// again.
func TestChipTakes(t *testing.T) {
	long := bytes.Repeat([]byte{0x5A}, 300)
	for _, tc := range []struct {
		name     string
		stated   apdu.Lengths
		chip     lengthy
		ins, cla byte
		sends    int
		extended int // commands that had extended length
		lengths  apdu.Lengths
		sw       apdu.Status // of the last
	}{
		{"nothing said, both known", apdu.LengthsUnknown, lengthy{}, 0x86, 0, 2, 2, apdu.LengthsUnknown, apdu.OK},
		{"nothing said, short only", apdu.LengthsUnknown, lengthy{noExtended: true, answer: []byte{0x67, 0x00}}, 0x86, 0, 3, 1, apdu.LengthsShort, apdu.OK},
		{"nothing said, short only, protected", apdu.LengthsUnknown, lengthy{noExtended: true, answer: []byte{0x67, 0x00}}, 0x86, 0x0C, 3, 1, apdu.LengthsShort, apdu.OK},
		{"another status is no word about length", apdu.LengthsUnknown, lengthy{noExtended: true, answer: []byte{0x6A, 0x80}}, 0x86, 0, 3, 3, apdu.LengthsUnknown, apdu.ErrWrongData},
		{"a protected status is the command's", apdu.LengthsUnknown, lengthy{noExtended: true, answer: []byte{0x99, 0x02, 0x67, 0x00, 0x67, 0x00}}, 0x22, 0x0C, 3, 3, apdu.LengthsUnknown, apdu.ErrWrongLength},
		{"a read is the reader's affair", apdu.LengthsUnknown, lengthy{noExtended: true, answer: []byte{0x67, 0x00}}, 0xB1, 0, 3, 3, apdu.LengthsUnknown, apdu.ErrWrongLength},
		{"extended said", apdu.LengthsExtended, lengthy{}, 0x86, 0, 2, 2, apdu.LengthsExtended, apdu.OK},
		{"extended said and refused", apdu.LengthsExtended, lengthy{noExtended: true, answer: []byte{0x67, 0x00}}, 0x22, 0x0C, 4, 2, apdu.LengthsShort, apdu.OK},
		{"short said", apdu.LengthsShort, lengthy{}, 0x86, 0, 2, 0, apdu.LengthsShort, apdu.OK},
		{"short said and refused", apdu.LengthsShort, lengthy{noChaining: true}, 0x86, 0, 2, 1, apdu.LengthsExtended, apdu.OK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			chip := tc.chip
			ch := apdu.NewChannel(&chip)
			ch.ChipTakes(tc.stated)
			var r apdu.Response
			for range tc.sends {
				var err error
				chip.gathered = nil
				if r, err = ch.Send(t.Context(), apdu.Command{CLA: tc.cla, INS: tc.ins, Data: long, Ne: 256}); err != nil {
					t.Fatal(err)
				}
			}
			if chip.extended != tc.extended || ch.Lengths() != tc.lengths || r.SW != tc.sw || ch.Stats().Extended != tc.extended {
				t.Errorf("%d extended (%d counted), lengths %d, %v", chip.extended, ch.Stats().Extended, ch.Lengths(), r.SW)
			}
			if r.SW == apdu.OK && !bytes.Equal(chip.gathered, long) {
				t.Errorf("%d bytes came", len(chip.gathered))
			}
		})
	}
}

// A field that is lost once on extended length is bad luck; twice is an answer.
func TestSilenceOnExtendedLength(t *testing.T) {
	chip := &lengthy{silent: true}
	ch := apdu.NewChannel(chip)
	long := apdu.Command{INS: 0x88, Data: make([]byte, 8), Ne: apdu.MaxExtendedNe}
	for i, want := range []error{apdu.ErrCardGone, apdu.ErrCardGone, nil} {
		if _, err := ch.Send(t.Context(), long); !errors.Is(err, want) {
			t.Errorf("attempt %d: %v", i, err)
		}
	}
	if chip.extended != 2 || ch.MaxNe() != apdu.MaxShortNe {
		t.Errorf("%d extended, Ne up to %d", chip.extended, ch.MaxNe())
	}
	c, ok := apdu.CarrierOf(ch)
	if !ok || c.Lengths() != apdu.LengthsShort {
		t.Error("the channel does not say so")
	}
	if _, ok := apdu.CarrierOf(ring{}); ok {
		t.Error("a ring of senders knows nothing")
	}
}

// ring is a sender around itself.
type ring struct{}

func (ring) Send(context.Context, apdu.Command) (apdu.Response, error) { return apdu.Response{}, nil }
func (r ring) Inner() apdu.Sender                                      { return r }
