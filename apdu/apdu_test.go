package apdu

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestEncodeForms(t *testing.T) {
	long := bytes.Repeat([]byte{0xAB}, 256)
	tests := []struct {
		name string
		cmd  Command
		want string
	}{
		{"case 1", Command{CLA: 0x00, INS: 0x44}, "00440000"},
		{"case 2 short", Command{INS: 0xB0, P1: 0x9E, Ne: 4}, "00B09E0004"},
		{"case 2 short, 256", Command{INS: 0xB0, Ne: 256}, "00B0000000"},
		{"case 3 short", Command{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{1, 0x1E}}, "00A4020C02011E"},
		{"case 4 short", Command{CLA: 0x10, INS: 0x86, Data: []byte{0x7C, 0}, Ne: 256}, "10860000027C0000"},
		{"case 2 extended", Command{INS: 0xB0, Ne: 257}, "00B00000000101"},
		{"case 2 extended, 65536", Command{INS: 0xB0, Ne: 65536}, "00B00000000000"},
		{"case 3 extended", Command{INS: 0xD6, Data: long}, "00D60000000100" + hexUpper(long)},
		{"case 4 extended by Ne", Command{INS: 0x88, Data: []byte{1}, Ne: 300}, "0088000000000101012C"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := tt.cmd.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if got := hexUpper(b); got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
		})
	}
	if _, err := (Command{Ne: 65537}).Encode(); !errors.Is(err, ErrEncoding) {
		t.Errorf("Ne 65537: %v", err)
	}
	if _, err := (Command{Data: make([]byte, 65536)}).Encode(); !errors.Is(err, ErrEncoding) {
		t.Errorf("65536 bytes: %v", err)
	}
}

func hexUpper(b []byte) string { return fmt.Sprintf("%X", b) }

func TestParseCommandIsInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Command{
			CLA: rapid.Byte().Draw(t, "cla"), INS: rapid.Byte().Draw(t, "ins"),
			P1: rapid.Byte().Draw(t, "p1"), P2: rapid.Byte().Draw(t, "p2"),
			Data: rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(t, "data"),
			Ne:   rapid.SampledFrom([]int{0, 1, 255, 256, 257, 65535, 65536}).Draw(t, "ne"),
		}
		b, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseCommand(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Data, c.Data) || got.Ne != c.Ne || got.CLA != c.CLA || got.INS != c.INS || got.P1 != c.P1 || got.P2 != c.P2 {
			t.Fatalf("got %v, want %v", got, c)
		}
	})
}

func TestParseCommandRefuses(t *testing.T) {
	for _, s := range []string{"", "00A404", "00A4040C0501", "00A4040C01010203", "00B00000000000000000", "00D60000000002AA", "00B0000000AA"} {
		b, _ := hex.DecodeString(s)
		if c, err := ParseCommand(b); err == nil {
			t.Errorf("%q parsed as %v", s, c)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add([]byte{0, 0xA4, 4, 0x0C, 2, 0x3F, 0})
	f.Add([]byte{0, 0xB0, 0, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCommand(b)
		if err != nil {
			return
		}
		again, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		// A short command may have come in the extended form; reading it
		// back must still give the same command.
		d, err := ParseCommand(again)
		if err != nil || d.Ne != c.Ne || !bytes.Equal(d.Data, c.Data) {
			t.Fatalf("%X reads as %v, then %v, %v", b, c, d, err)
		}
	})
}

func TestStatusIsFoundThroughWrapping(t *testing.T) {
	err := fmt.Errorf("lds: EF.DG3: %w", Response{SW: 0x6A82}.Err())
	if !errors.Is(err, ErrFileNotFound) {
		t.Fatal("6A82 not found")
	}
	if errors.Is(err, ErrSecurityStatus) {
		t.Fatal("6A82 taken for 6982")
	}
	if n, ok := Status(0x63C2).Tries(); !ok || n != 2 {
		t.Fatalf("63C2: %d %v", n, ok)
	}
	if _, ok := Status(0x6300).Tries(); ok {
		t.Fatal("6300 has no counter")
	}
}

// script answers one command after the other and fails the test on another.
type script struct {
	t     *testing.T
	steps [][2]string
	max   int
}

func (s *script) Transmit(_ context.Context, command []byte) ([]byte, error) {
	s.t.Helper()
	if len(s.steps) == 0 {
		s.t.Fatalf("unexpected command %X", command)
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	if got := hexUpper(command); got != step[0] {
		s.t.Fatalf("command %s, want %s", got, step[0])
	}
	b, err := hex.DecodeString(step[1])
	if err != nil {
		s.t.Fatal(err)
	}
	return b, nil
}

func (s *script) ATR() []byte      { return nil }
func (s *script) MaxCommand() int  { return s.max }
func (s *script) MaxResponse() int { return s.max }

func TestChannel(t *testing.T) {
	data := bytes.Repeat([]byte{0x11}, 300)
	tests := []struct {
		name  string
		max   int
		cmd   Command
		steps [][2]string
		want  string
	}{
		{"6Cxx repeats with the right Le", 261, Command{INS: 0xB0, Ne: 256},
			[][2]string{{"00B0000000", "6C02"}, {"00B0000002", "AABB9000"}}, "AABB9000"},
		{"61xx fetches the rest", 261, Command{CLA: 0x0C, INS: 0xB0, Ne: 256},
			[][2]string{{"0CB0000000", "AA6102"}, {"00C0000002", "BBCC6101"}, {"00C0000001", "DD9000"}}, "AABBCCDD9000"},
		{"long data is chained on a short reader", 261, Command{INS: 0xDB, P1: 0x3F, P2: 0xFF, Data: data, Ne: 256},
			[][2]string{{"10DB3FFFFF" + hexUpper(data[:255]), "9000"}, {"00DB3FFF2D" + hexUpper(data[255:]) + "00", "9000"}}, "9000"},
		{"a refused piece ends the chain", 261, Command{INS: 0xDB, Data: data},
			[][2]string{{"10DB0000FF" + hexUpper(data[:255]), "6884"}}, "6884"},
		{"long data goes in one piece on an extended reader", 1024, Command{INS: 0xDB, Data: data},
			[][2]string{{"00DB000000012C" + hexUpper(data), "9000"}}, "9000"},
		{"Ne is cut to what the reader carries", 261, Command{INS: 0xB0, Ne: 65536},
			[][2]string{{"00B0000000", "9000"}}, "9000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{t: t, steps: tt.steps, max: tt.max}
			ch := NewChannel(s)
			r, err := ch.Send(context.Background(), tt.cmd)
			if err != nil {
				t.Fatal(err)
			}
			if got := hexUpper(r.Encode()); got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
			if len(s.steps) != 0 {
				t.Fatalf("%d commands not sent", len(s.steps))
			}
			if n := ch.Stats().Exchanges; n != len(tt.steps) {
				t.Fatalf("counted %d exchanges, want %d", n, len(tt.steps))
			}
		})
	}
}

// echo answers every command with the same bytes.
type echo []byte

func (e echo) Transmit(context.Context, []byte) ([]byte, error) { return e, nil }

func TestChannelEndsHostileAnswers(t *testing.T) {
	for _, tt := range []struct {
		name string
		t    echo
	}{
		{"61xx without end", echo{0xAA, 0x61, 0x01}},
		{"61xx without data", echo{0x61, 0x10}},
		{"6Cxx without end", echo{0x6C, 0x10}},
		{"one byte", echo{0x90}},
		{"nothing", echo{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewChannel(tt.t).Send(context.Background(), Command{INS: 0xB0, Ne: 256})
			if !errors.Is(err, ErrEncoding) {
				t.Fatalf("got %v, want ErrEncoding", err)
			}
		})
	}
}

func TestChannelObeysContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewChannel(echo{0x90, 0}).Send(ctx, Command{INS: 0xB0}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestDoNamesTheInstruction(t *testing.T) {
	_, err := Do(context.Background(), NewChannel(echo{0x69, 0x82}), Command{INS: 0xB0, Ne: 1})
	if !errors.Is(err, ErrSecurityStatus) || err.Error() != "READ BINARY: chip answered 6982, security status not satisfied" {
		t.Fatalf("got %v", err)
	}
}
