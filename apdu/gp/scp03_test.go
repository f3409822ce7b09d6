package gp_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

type session struct {
	Name                   string
	ENC, MAC, DEK          vectors.Hex
	Level                  gp.Level
	InitializeUpdate       vectors.Hex `json:"initialize_update"`
	InitializeUpdateAnswer vectors.Hex `json:"initialize_update_answer"`
	ExternalAuthenticate   vectors.Hex `json:"external_authenticate"`
	Commands               []struct {
		Plain, Sent, Answer vectors.Hex
		AnswerPlain         vectors.Hex `json:"answer_plain"`
	}
}

func (s *session) keys() *gp.ClearKeys {
	return &gp.ClearKeys{ENC: mac.NewKey(s.ENC), MAC: mac.NewKey(s.MAC), DEK: mac.NewKey(s.DEK)}
}

func (s *session) host() []byte { return s.InitializeUpdate[5:13] }

func sessions(t *testing.T) []session {
	var f struct{ Sessions []session }
	vectors.Load(t, "gp_scp03_sessions.json", &f)
	if len(f.Sessions) != 9 {
		t.Fatalf("%d sessions, want 9", len(f.Sessions))
	}
	return f.Sessions
}

// script is a card that expects exact bytes and answers as recorded.
type script struct {
	t     *testing.T
	steps [][2][]byte
}

func (s *script) add(command, answer []byte, sw uint16) {
	s.steps = append(s.steps, [2][]byte{command, append(bytes.Clone(answer), byte(sw>>8), byte(sw))})
}

func (s *script) Transmit(_ context.Context, c []byte) ([]byte, error) {
	s.t.Helper()
	if len(s.steps) == 0 {
		s.t.Fatalf("unexpected command %X", c)
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	if !bytes.Equal(c, step[0]) {
		s.t.Fatalf("sent     %X\nrecorded %X", c, step[0])
	}
	return step[1], nil
}

func parse(t *testing.T, b []byte) apdu.Command {
	t.Helper()
	c, err := apdu.ParseCommand(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRecordedSessionsTerminal(t *testing.T) {
	for _, v := range sessions(t) {
		t.Run(v.Name, func(t *testing.T) {
			s := &script{t: t}
			s.add(v.InitializeUpdate, v.InitializeUpdateAnswer, 0x9000)
			s.add(v.ExternalAuthenticate, nil, 0x9000)
			for _, c := range v.Commands {
				if c.Answer != nil {
					s.add(c.Sent, c.Answer, 0x9000)
				} else {
					s.add(c.Sent, nil, 0x6A88) // an error status carries no R-MAC
				}
			}
			ctx := context.Background()
			ch, err := gp.Open(ctx, apdu.NewChannel(s), v.keys(), gp.Options{
				Level: v.Level, KVN: v.InitializeUpdate[2], Rand: bytes.NewReader(v.host()),
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range v.Commands {
				r, err := ch.Send(ctx, parse(t, c.Plain))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(r.Data, c.AnswerPlain) {
					t.Fatalf("answer %X, want %X", r.Data, c.AnswerPlain)
				}
			}
			if len(s.steps) != 0 {
				t.Fatalf("%d commands not sent", len(s.steps))
			}
		})
	}
}

// recordedAID is the application that invokes the channel in the recorded
// sessions, the root security domain of an eUICC. The recording does not name
// it; the pseudo-random challenges do, for they are derived from it.
var recordedAID, _ = hex.DecodeString("a0000005591010ffffffff8900000100")

func chipOf(v session) *gp.Chip {
	a := v.InitializeUpdateAnswer
	kvn, counter := a[10], a[29:32]
	return &gp.Chip{
		KDD: a[:10], I: a[12], AID: recordedAID, DefaultKVN: kvn,
		Keys: map[byte]*gp.KeySet{kvn: {
			ENC: mac.NewKey(v.ENC), MAC: mac.NewKey(v.MAC), DEK: mac.NewKey(v.DEK),
			Counter: (uint32(counter[0])<<16 | uint32(counter[1])<<8 | uint32(counter[2])) - 1,
		}},
	}
}

func TestRecordedSessionsChip(t *testing.T) {
	for _, v := range sessions(t) {
		t.Run(v.Name, func(t *testing.T) {
			c := chipOf(v)
			r := c.InitializeUpdate(parse(t, v.InitializeUpdate))
			if r.SW != apdu.OK || !bytes.Equal(r.Data, v.InitializeUpdateAnswer) {
				t.Fatalf("INITIALIZE UPDATE %X, want %X", r.Encode(), v.InitializeUpdateAnswer)
			}
			if r = c.ExternalAuthenticate(parse(t, v.ExternalAuthenticate)); r.SW != apdu.OK {
				t.Fatalf("EXTERNAL AUTHENTICATE: %v", r.SW)
			}
			if c.Level() != v.Level {
				t.Fatalf("level %v, want %v", c.Level(), v.Level)
			}
			for _, cmd := range v.Commands {
				got := c.Process(parse(t, cmd.Sent), func(plain apdu.Command) apdu.Response {
					b, err := plain.Encode()
					if err != nil || !bytes.Equal(b, cmd.Plain) {
						t.Fatalf("unwrapped %X, want %X (%v)", b, cmd.Plain, err)
					}
					return apdu.Response{Data: cmd.AnswerPlain, SW: apdu.OK}
				})
				if cmd.Answer != nil && !bytes.Equal(got.Data, cmd.Answer) {
					t.Fatalf("answer %X, want %X", got.Data, cmd.Answer)
				}
			}
		})
	}
}

// card runs a Chip as a Transmitter; the application echoes what it gets.
type card struct {
	chip  *gp.Chip
	app   func(apdu.Command) apdu.Response
	sent  []apdu.Command
	alter func(b []byte) []byte // of answers
}

func (c *card) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		return []byte{0x67, 0}, nil
	}
	c.sent = append(c.sent, cmd)
	var r apdu.Response
	switch cmd.INS {
	case 0x50:
		r = c.chip.InitializeUpdate(cmd)
	case 0x82:
		r = c.chip.ExternalAuthenticate(cmd)
	default:
		r = c.chip.Process(cmd, c.app)
	}
	out := r.Encode()
	if c.alter != nil {
		out = c.alter(out)
	}
	return out, nil
}

func echo(c apdu.Command) apdu.Response { return apdu.Response{Data: c.Data, SW: apdu.OK} }

func newCard(i byte, keyLen int) (*card, *gp.ClearKeys) {
	key := func(n byte) mac.Key {
		b := make([]byte, keyLen)
		for j := range b {
			b[j] = n + byte(j)
		}
		return mac.NewKey(b)
	}
	k := &gp.ClearKeys{ENC: key(0x10), MAC: key(0x50), DEK: key(0x90)}
	return &card{app: echo, chip: &gp.Chip{
		KDD: make([]byte, 10), I: i, AID: recordedAID, DefaultKVN: 0x30,
		Keys: map[byte]*gp.KeySet{0x30: {ENC: k.ENC, MAC: k.MAC, DEK: k.DEK}},
	}}, k
}

var levels = []gp.Level{gp.LevelCMAC, gp.LevelCMACCDec, gp.LevelCMACRMAC, gp.LevelCMACCDecRMAC, gp.LevelCMACCDecRMACREnc}

func TestEveryModeBothEnds(t *testing.T) {
	for _, i := range []byte{0x00, 0x10, 0x20, 0x30, 0x60, 0x70} {
		for _, keyLen := range []int{16, 24, 32} {
			for _, level := range levels {
				t.Run(fmt.Sprintf("i %02X, AES-%d, level %02X", i, keyLen*8, byte(level)), func(t *testing.T) {
					c, keys := newCard(i, keyLen)
					ctx := context.Background()
					can := (byte(level)&0x10 == 0 || i&0x20 != 0) && (byte(level)&0x20 == 0 || i&0x40 != 0)
					ch, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{Level: level})
					if !can {
						if !errors.Is(err, gp.ErrLevel) || len(c.sent) != 1 {
							t.Fatalf("got %v after %d commands, want ErrLevel after one", err, len(c.sent))
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					for n := range 60 {
						data := bytes.Repeat([]byte{byte(n)}, n*4%ch.MaxData())
						r, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: data, Ne: 256})
						if err != nil || !bytes.Equal(r.Data, data) {
							t.Fatalf("%d bytes: %d back, %v", len(data), len(r.Data), err)
						}
					}
					full := make([]byte, ch.MaxData())
					c.app = func(c apdu.Command) apdu.Response { return apdu.Response{SW: apdu.Status(len(c.Data)) | 0x6300} }
					if r, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: full}); err != nil || int(r.SW) != 0x6300|len(full) {
						t.Fatalf("%d bytes: %v %v", len(full), r.SW, err)
					}
					if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: append(full, 0)}); !errors.Is(err, gp.ErrTooLong) {
						t.Fatalf("one more byte: %v", err)
					}
					if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2}); err != nil {
						t.Fatalf("the channel did not live on: %v", err)
					}
				})
			}
		}
	}
}

func TestWrongCardCryptogramStopsBeforeExternalAuthenticate(t *testing.T) {
	for _, v := range sessions(t) {
		for bit := range 8 * 8 {
			answer := bytes.Clone(v.InitializeUpdateAnswer)
			answer[21+bit/8] ^= 1 << (bit % 8)
			s := &script{t: t}
			s.add(v.InitializeUpdate, answer, 0x9000) // any further command fails the test
			_, err := gp.Open(context.Background(), apdu.NewChannel(s), v.keys(), gp.Options{
				Level: v.Level, KVN: v.InitializeUpdate[2], Rand: bytes.NewReader(v.host()),
			})
			if !errors.Is(err, gp.ErrCryptogram) {
				t.Fatalf("%s, bit %d: %v", v.Name, bit, err)
			}
		}
	}
	c, _ := newCard(0x70, 16)
	_, err := gp.Open(context.Background(), apdu.NewChannel(c), gp.DefaultTestKeys(), gp.Options{})
	if !errors.Is(err, gp.ErrCryptogram) || len(c.sent) != 1 {
		t.Fatalf("wrong keys: %v after %d commands", err, len(c.sent))
	}
}

func TestInitializeUpdateAnswersThatAreRefused(t *testing.T) {
	good := sessions(t)[0]
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good.InitializeUpdateAnswer)) }
	tests := []struct {
		name   string
		answer []byte
		want   error
	}{
		{"nothing", nil, gp.ErrAnswer},
		{"SCP02", edit(func(b []byte) []byte { b[11] = 2; return b[:28] }), gp.ErrProtocol},
		{"16-byte mode", edit(func(b []byte) []byte { b[12] |= 1; return append(b, make([]byte, 16)...) }), gp.ErrProtocol},
		{"R-ENC without R-MAC", edit(func(b []byte) []byte { b[12] = 0x50; return b }), gp.ErrProtocol},
		{"reserved i", edit(func(b []byte) []byte { b[12] = 0xF0; return b }), gp.ErrProtocol},
		{"counter missing", edit(func(b []byte) []byte { return b[:29] }), gp.ErrAnswer},
		{"a byte more", edit(func(b []byte) []byte { return append(b, 0) }), gp.ErrAnswer},
		{"counter without b5", edit(func(b []byte) []byte { b[12] = 0x60; return b }), gp.ErrAnswer},
		{"another key version", edit(func(b []byte) []byte { b[10]++; return b }), gp.ErrProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{t: t}
			s.add(good.InitializeUpdate, tt.answer, 0x9000)
			_, err := gp.Open(context.Background(), apdu.NewChannel(s), good.keys(), gp.Options{
				Level: good.Level, KVN: 0x30, Rand: bytes.NewReader(good.host()),
			})
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAlteredAnswersEndTheChannel(t *testing.T) {
	for _, level := range []gp.Level{gp.LevelCMACRMAC, gp.LevelCMACCDecRMAC, gp.LevelCMACCDecRMACREnc} {
		alterations := map[string]struct {
			alter func(b []byte) []byte
			want  error
		}{
			"MAC removed":          {func(b []byte) []byte { return b[len(b)-2:] }, gp.ErrUnprotected},
			"status changed":       {func(b []byte) []byte { b[len(b)-2] = 0x62; return b }, gp.ErrMAC},
			"data beside error":    {func(b []byte) []byte { b[len(b)-2] = 0x6A; return b }, gp.ErrUnprotected},
			"first byte changed":   {func(b []byte) []byte { b[0] ^= 1; return b }, gp.ErrMAC},
			"last MAC bit changed": {func(b []byte) []byte { b[len(b)-3] ^= 0x80; return b }, gp.ErrMAC},
			"data cut":             {func(b []byte) []byte { return b[1:] }, gp.ErrMAC},
		}
		for name, a := range alterations {
			t.Run(fmt.Sprintf("level %02X, %s", byte(level), name), func(t *testing.T) {
				c, keys := newCard(0x70, 16)
				ctx := context.Background()
				ch, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{Level: level})
				if err != nil {
					t.Fatal(err)
				}
				c.alter = a.alter
				if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: []byte("0123456789"), Ne: 256}); !errors.Is(err, a.want) {
					t.Fatalf("got %v, want %v", err, a.want)
				}
				n := len(c.sent)
				c.alter = nil
				if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2}); !errors.Is(err, gp.ErrClosed) || len(c.sent) != n {
					t.Fatalf("the channel lives on: %v", err)
				}
			})
		}
	}
}

func TestReplayedAnswerIsRefused(t *testing.T) {
	c, keys := newCard(0x70, 16)
	ctx := context.Background()
	ch, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{Level: gp.LevelCMACCDecRMACREnc})
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	c.alter = func(b []byte) []byte {
		if first == nil {
			first = bytes.Clone(b)
		}
		return first
	}
	cmd := apdu.Command{CLA: 0x80, INS: 0xE2, Data: []byte{1}, Ne: 256}
	if _, err := ch.Send(ctx, cmd); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.Send(ctx, cmd); !errors.Is(err, gp.ErrMAC) {
		t.Fatalf("got %v", err)
	}
}

func TestChipAbortsOnBadCommands(t *testing.T) {
	for name, alter := range map[string]func(c apdu.Command) apdu.Command{
		"class without secure messaging": func(c apdu.Command) apdu.Command { c.CLA &^= 4; return c },
		"no MAC":                         func(c apdu.Command) apdu.Command { c.Data = nil; return c },
		"P1 changed":                     func(c apdu.Command) apdu.Command { c.P1 ^= 1; return c },
		"INS changed":                    func(c apdu.Command) apdu.Command { c.INS ^= 2; return c },
		"data changed":                   func(c apdu.Command) apdu.Command { c.Data[0] ^= 1; return c },
		"MAC changed":                    func(c apdu.Command) apdu.Command { c.Data[len(c.Data)-1] ^= 1; return c },
	} {
		t.Run(name, func(t *testing.T) {
			c, keys := newCard(0x70, 16)
			ctx := context.Background()
			ch, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{Level: gp.LevelCMACCDecRMACREnc})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: []byte{1}}); err != nil {
				t.Fatal(err)
			}
			good := c.sent[len(c.sent)-1]
			good.Data = bytes.Clone(good.Data)
			if _, err := c.chip.Unwrap(alter(good)); !errors.Is(err, apdu.ErrSecurityStatus) {
				t.Fatalf("got %v", err)
			}
			if c.chip.Level() != 0 || !c.chip.Aborted() {
				t.Fatal("session not aborted")
			}
			if _, err := c.chip.Unwrap(apdu.Command{CLA: 0x80, INS: 0xCA}); !errors.Is(err, apdu.ErrSecurityStatus) {
				t.Fatalf("a plain command after the abort: %v", err)
			}
			c.chip.End()
			if _, err := c.chip.Unwrap(apdu.Command{CLA: 0x80, INS: 0xCA}); err != nil {
				t.Fatalf("a plain command after the end: %v", err)
			}
		})
	}
}

func TestChipRefusesAuthentication(t *testing.T) {
	v := sessions(t)[0]
	ea := func() apdu.Command { return parse(t, bytes.Clone(v.ExternalAuthenticate)) }
	tests := map[string]struct {
		alter func(c apdu.Command) apdu.Command
		want  apdu.Status
	}{
		"host cryptogram": {func(c apdu.Command) apdu.Command { c.Data[0] ^= 1; return c }, apdu.ErrAuthFailed},
		"MAC":             {func(c apdu.Command) apdu.Command { c.Data[15] ^= 1; return c }, apdu.ErrAuthFailed},
		"another level":   {func(c apdu.Command) apdu.Command { c.P1 = 0x01; return c }, apdu.ErrAuthFailed},
		"no level":        {func(c apdu.Command) apdu.Command { c.P1 = 0x00; return c }, apdu.ErrWrongP1P2},
		"length":          {func(c apdu.Command) apdu.Command { c.Data = c.Data[:15]; return c }, apdu.ErrWrongLength},
		"class":           {func(c apdu.Command) apdu.Command { c.CLA = 0x80; return c }, apdu.ErrCLA},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := chipOf(v)
			c.InitializeUpdate(parse(t, v.InitializeUpdate))
			if r := c.ExternalAuthenticate(tt.alter(ea())); r.SW != tt.want {
				t.Fatalf("got %v, want %v", r.SW, tt.want)
			}
			if r := c.ExternalAuthenticate(ea()); r.SW != apdu.ErrConditions {
				t.Fatalf("second try without new challenge: %v", r.SW)
			}
			if c.Level() != 0 {
				t.Fatal("session open")
			}
		})
	}
}

func TestSequenceCounterEnds(t *testing.T) {
	c, _ := newCard(0x10, 16)
	c.chip.Keys[0x30].Counter = 0xFFFFFE
	cmd := apdu.Command{CLA: 0x80, INS: 0x50, Data: make([]byte, 8), Ne: 256}
	if r := c.chip.InitializeUpdate(cmd); r.SW != apdu.OK || !bytes.Equal(r.Data[29:], []byte{0xFF, 0xFF, 0xFF}) {
		t.Fatalf("last value: %X", r.Encode())
	}
	if r := c.chip.InitializeUpdate(cmd); r.SW != apdu.ErrConditions {
		t.Fatalf("at the maximum: %v", r.SW)
	}
}

func TestCounterQuirk(t *testing.T) {
	run := func(card, terminal bool) error {
		c, keys := newCard(0x70, 16)
		c.chip.Quirks.CountOnlyData = card
		ctx := context.Background()
		ch, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{
			Level: gp.LevelCMACCDecRMACREnc, Quirks: gp.Quirks{CountOnlyData: terminal},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{{1}, nil, nil, {2}, {3}, nil, {4}} {
			r, err := ch.Send(ctx, apdu.Command{CLA: 0x80, INS: 0xE2, Data: data, Ne: 256})
			if err != nil {
				return err
			}
			if r.SW != apdu.OK || !bytes.Equal(r.Data, data) {
				return fmt.Errorf("%v, %X instead of %X", r.SW, r.Data, data)
			}
		}
		return nil
	}
	for _, q := range []bool{false, true} {
		if err := run(q, q); err != nil {
			t.Errorf("both with quirk %v: %v", q, err)
		}
		if run(q, !q) == nil {
			t.Errorf("card with quirk %v and terminal without agree: the quirk does nothing", q)
		}
	}
}

func TestLogicalChannelIsOutsideTheMAC(t *testing.T) {
	for cla, want := range map[byte]byte{0x80: 0x84, 0x81: 0x85, 0x00: 0x04, 0xC3: 0xE3} {
		c, keys := newCard(0x70, 16)
		ctx := context.Background()
		ch, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got byte
		c.app = func(cmd apdu.Command) apdu.Response { got = cmd.CLA; return apdu.Response{SW: apdu.OK} }
		if r, err := ch.Send(ctx, apdu.Command{CLA: cla, INS: 0xCA}); err != nil || r.SW != apdu.OK {
			t.Fatalf("%02X: %v %v", cla, r.SW, err)
		}
		if sent := c.sent[len(c.sent)-1].CLA; sent != want || got != cla {
			t.Fatalf("%02X was sent as %02X, want %02X, and read as %02X", cla, sent, want, got)
		}
	}
}
