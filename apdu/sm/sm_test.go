package sm_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// wire is a sender that hands the encoded command to a function and parses its
// answer.
type wire func(command []byte) []byte

func (w wire) Send(_ context.Context, c apdu.Command) (apdu.Response, error) {
	b, err := c.Encode()
	if err != nil {
		return apdu.Response{}, err
	}
	return apdu.ParseResponse(w(b))
}

type exampleD struct {
	KSEnc    vectors.Hex `json:"ks_enc"`
	KSMac    vectors.Hex `json:"ks_mac"`
	SSC      vectors.Hex `json:"ssc"`
	Messages []struct{ Plain, Protected, Answer, Data vectors.Hex }
	EFCOM    vectors.Hex `json:"ef_com"`
}

func loadD(t *testing.T) exampleD {
	var v exampleD
	vectors.Load(t, "bac_sm.json", &v)
	if len(v.Messages) != 3 {
		t.Fatalf("%d messages, want 3", len(v.Messages))
	}
	return v
}

// Doc 9303-11 (8th ed.), D.4, as the terminal.
func TestVectorDTerminal(t *testing.T) {
	v := loadD(t)
	step := 0
	ch, err := sm.New(wire(func(b []byte) []byte {
		if !bytes.Equal(b, v.Messages[step].Protected) {
			t.Fatalf("command %d: %X, want %X", step, b, v.Messages[step].Protected)
		}
		return v.Messages[step].Answer
	}), mac.TDES, mac.NewKey(v.KSEnc), mac.NewKey(v.KSMac), v.SSC)
	if err != nil {
		t.Fatal(err)
	}
	var file []byte
	for i, m := range v.Messages {
		step = i
		cmd, err := apdu.ParseCommand(m.Plain)
		if err != nil {
			t.Fatal(err)
		}
		data, err := apdu.Do(context.Background(), ch, cmd)
		if err != nil {
			t.Fatalf("command %d: %v", i, err)
		}
		if !bytes.Equal(data, m.Data) {
			t.Fatalf("answer %d: %X, want %X", i, data, []byte(m.Data))
		}
		file = append(file, data...)
	}
	if !bytes.Equal(file, v.EFCOM) {
		t.Errorf("EF.COM %X, want %X", file, []byte(v.EFCOM))
	}
	if ch.Verified() != 3 {
		t.Errorf("%d verified answers, want 3", ch.Verified())
	}
}

// The same messages as the chip.
func TestVectorDChip(t *testing.T) {
	v := loadD(t)
	chip, err := sm.NewChip(mac.TDES, mac.NewKey(v.KSEnc), mac.NewKey(v.KSMac), v.SSC)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range v.Messages {
		cmd, err := apdu.ParseCommand(m.Protected)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := chip.Unwrap(cmd)
		if err != nil {
			t.Fatalf("command %d: %v", i, err)
		}
		b, err := plain.Encode()
		if err != nil || !bytes.Equal(b, m.Plain) {
			t.Fatalf("command %d: %X (%v), want %X", i, b, err, []byte(m.Plain))
		}
		r, err := chip.Wrap(apdu.Response{Data: m.Data, SW: apdu.OK})
		if err != nil || !bytes.Equal(r.Encode(), m.Answer) {
			t.Fatalf("answer %d: %X (%v), want %X", i, r.Encode(), err, []byte(m.Answer))
		}
	}
}

// The AES messages of the EAC worked example: DO 87 of the first command and
// the checksum of its answer.
func TestVectorEAC2(t *testing.T) {
	var v struct {
		KSEnc vectors.Hex `json:"ks_enc"`
		KSMac vectors.Hex `json:"ks_mac"`
		SM    struct {
			Plain, Cryptogram vectors.Hex
			AnswerObject      vectors.Hex `json:"answer_object"`
			AnswerChecksum    vectors.Hex `json:"answer_checksum"`
		}
	}
	vectors.Load(t, "eac2_ecdh.json", &v)
	var sent []byte
	ch, err := sm.New(wire(func(b []byte) []byte {
		sent = b
		answer := append(bytes.Clone(v.SM.AnswerObject), 0x8E, 8)
		return append(append(answer, v.SM.AnswerChecksum...), 0x90, 0x00)
	}), mac.AES128, mac.NewKey(v.KSEnc), mac.NewKey(v.KSMac), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.SM.AnswerObject) != 4 {
		t.Fatalf("answer object %X", []byte(v.SM.AnswerObject))
	}
	if _, err := apdu.Do(context.Background(), ch, apdu.Command{INS: 0x22, P1: 0x81, P2: 0xB6, Data: v.SM.Plain}); err != nil {
		t.Fatal(err)
	}
	if want := append([]byte{0x87, 0x11, 0x01}, v.SM.Cryptogram...); !bytes.Contains(sent, want) {
		t.Errorf("sent %X, want %X in it", sent, want)
	}
}

var allCiphers = []mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256}

func testKeys(c mac.Cipher) (enc, macKey mac.Key) {
	return mac.DeriveICAO([]byte("sm test"), mac.CounterENC, c), mac.DeriveICAO([]byte("sm test"), mac.CounterMAC, c)
}

// pair is a terminal and a chip that echoes through handle.
func pair(t testing.TB, c mac.Cipher, handle func(apdu.Command) apdu.Response, mangle func([]byte) []byte) (*sm.Channel, *sm.Chip) {
	t.Helper()
	enc, macKey := testKeys(c)
	chip, err := sm.NewChip(c, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := sm.New(wire(func(b []byte) []byte {
		cmd, err := apdu.ParseCommand(b)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := chip.Unwrap(cmd)
		if err != nil {
			return apdu.Response{SW: sm.StatusOf(err)}.Encode()
		}
		r, err := chip.Wrap(handle(plain))
		if err != nil {
			t.Fatal(err)
		}
		answer := r.Encode()
		if mangle != nil {
			answer = mangle(answer)
		}
		return answer
	}), c, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ch, chip
}

// Every cipher, every command case, both parities, short and extended.
func TestRoundTrip(t *testing.T) {
	for _, c := range allCiphers {
		for _, ins := range []byte{0xB0, 0xB1} {
			for _, nc := range []int{0, 1, 7, 8, 15, 16, 100, 231, 1000, 65000} {
				for _, ne := range []int{0, 1, 255, 256, 257, 65536} {
					for _, nr := range []int{0, 1, 16, 300} {
						cmd := apdu.Command{CLA: 0x10, INS: ins, P1: 1, P2: 2, Data: bytes.Repeat([]byte{7}, nc), Ne: ne}
						answer := apdu.Response{Data: bytes.Repeat([]byte{9}, nr), SW: apdu.WarnEOF}
						ch, _ := pair(t, c, func(got apdu.Command) apdu.Response {
							if got.CLA != cmd.CLA || got.INS != ins || got.P1 != 1 || got.P2 != 2 || !bytes.Equal(got.Data, cmd.Data) || got.Ne != ne {
								t.Errorf("%v INS %02X Nc %d Ne %d: chip sees %d, %d", c, ins, nc, ne, len(got.Data), got.Ne)
							}
							return answer
						}, nil)
						for range 2 {
							r, err := ch.Send(context.Background(), cmd)
							if err != nil || r.SW != answer.SW || !bytes.Equal(r.Data, answer.Data) {
								t.Fatalf("%v INS %02X Nc %d Ne %d: %v %v", c, ins, nc, ne, r.SW, err)
							}
						}
					}
				}
			}
		}
	}
}

// What the object of an odd instruction is called, and a command without any
// object.
func TestObjectTags(t *testing.T) {
	enc, macKey := testKeys(mac.AES128)
	for _, x := range []struct {
		cmd   apdu.Command
		first byte
	}{
		{apdu.Command{INS: 0xB1, Data: []byte{1}}, 0x85},
		{apdu.Command{INS: 0xA4, Data: []byte{1}}, 0x87},
		{apdu.Command{INS: 0xB0, Ne: 4}, 0x97},
		{apdu.Command{INS: 0xA4}, 0x8E},
	} {
		ch, err := sm.New(wire(func(b []byte) []byte {
			if b[5] != x.first {
				t.Errorf("INS %02X: first object %02X, want %02X", x.cmd.INS, b[5], x.first)
			}
			return []byte{0x69, 0x88}
		}), mac.AES128, enc, macKey, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ch.Send(context.Background(), x.cmd); !errors.Is(err, sm.ErrUnprotected) {
			t.Error(err)
		}
	}
}

// One fault in the answer, one named outcome, and a dead channel after it.
func TestAnswerFaults(t *testing.T) {
	flip := func(i int) func([]byte) []byte {
		return func(b []byte) []byte { b[(i+len(b))%len(b)] ^= 1; return b }
	}
	for _, c := range allCiphers {
		for name, x := range map[string]struct {
			mangle func([]byte) []byte
			want   error
		}{
			"status alone":              {func(b []byte) []byte { return b[len(b)-2:] }, sm.ErrUnprotected},
			"file not found, naked":     {func([]byte) []byte { return []byte{0x6A, 0x82} }, sm.ErrUnprotected},
			"data without protection":   {func([]byte) []byte { return []byte{0x61, 0x01, 0xFF, 0x90, 0x00} }, sm.ErrFormat},
			"no checksum object":        {func(b []byte) []byte { return append(b[:len(b)-12], b[len(b)-2:]...) }, sm.ErrUnprotected},
			"checksum changed":          {flip(-3), sm.ErrMAC},
			"cryptogram changed":        {flip(8), sm.ErrMAC},
			"protected status changed":  {flip(-13), sm.ErrMAC},
			"outer status changed":      {flip(-1), sm.ErrFormat},
			"cut short":                 {func(b []byte) []byte { return b[1:] }, sm.ErrFormat},
			"byte after the checksum":   {func(b []byte) []byte { return append(b[:len(b)-2], 0x00, 0x90, 0x00) }, sm.ErrFormat},
			"objects doubled":           {func(b []byte) []byte { return append(bytes.Clone(b[:len(b)-12]), b...) }, sm.ErrFormat},
			"checksum of other length":  {func(b []byte) []byte { return []byte{0x99, 2, 0x90, 0, 0x8E, 4, 1, 2, 3, 4, 0x90, 0} }, sm.ErrFormat},
			"unknown object":            {func(b []byte) []byte { return append([]byte{0x81, 1, 0}, b...) }, sm.ErrFormat},
			"status object after check": {func(b []byte) []byte { return []byte{0x8E, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x99, 2, 0x90, 0, 0x90, 0} }, sm.ErrFormat},
		} {
			t.Run(fmt.Sprintf("%v/%s", c, name), func(t *testing.T) {
				ch, _ := pair(t, c, func(apdu.Command) apdu.Response {
					return apdu.Response{Data: []byte("answer"), SW: apdu.OK}
				}, x.mangle)
				_, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 6})
				if !errors.Is(err, x.want) {
					t.Fatalf("%v, want %v", err, x.want)
				}
				if errors.Is(err, apdu.ErrFileNotFound) {
					t.Error("a naked status passes for the chip's word")
				}
				_, err = ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 6})
				if !errors.Is(err, sm.ErrClosed) || !errors.Is(err, x.want) {
					t.Errorf("second command: %v, want %v and %v", err, sm.ErrClosed, x.want)
				}
				if ch.Err() == nil || ch.Verified() != 0 {
					t.Error("channel still alive")
				}
			})
		}
	}
}

// An answer that was right once is wrong the second time.
func TestReplayedAnswer(t *testing.T) {
	for _, c := range allCiphers {
		var first []byte
		ch, _ := pair(t, c, func(apdu.Command) apdu.Response { return apdu.Response{Data: []byte{1}, SW: apdu.OK} },
			func(b []byte) []byte {
				if first == nil {
					first = bytes.Clone(b)
				}
				return first
			})
		if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 1}); !errors.Is(err, sm.ErrMAC) {
			t.Errorf("%v: %v, want %v", c, err, sm.ErrMAC)
		}
	}
}

// One fault in the command, one status, and a dead chip after it.
func TestCommandFaults(t *testing.T) {
	for _, c := range allCiphers {
		for name, x := range map[string]struct {
			mangle func(apdu.Command) apdu.Command
			want   error
			sw     apdu.Status
		}{
			"plain": {func(apdu.Command) apdu.Command { return apdu.Command{INS: 0xB0, Ne: 1} }, sm.ErrUnprotected, apdu.ErrSMMissing},
			"no objects": {func(k apdu.Command) apdu.Command {
				k.Data = nil
				return k
			}, sm.ErrUnprotected, apdu.ErrSMMissing},
			"header changed": {func(k apdu.Command) apdu.Command {
				k.P2 ^= 1
				return k
			}, sm.ErrMAC, apdu.ErrSMWrong},
			"checksum changed": {func(k apdu.Command) apdu.Command {
				k.Data[len(k.Data)-1] ^= 1
				return k
			}, sm.ErrMAC, apdu.ErrSMWrong},
			"object cut": {func(k apdu.Command) apdu.Command {
				k.Data = k.Data[:len(k.Data)-1]
				return k
			}, sm.ErrFormat, apdu.ErrSMWrong},
		} {
			t.Run(fmt.Sprintf("%v/%s", c, name), func(t *testing.T) {
				enc, macKey := testKeys(c)
				chip, err := sm.NewChip(c, enc, macKey, nil)
				if err != nil {
					t.Fatal(err)
				}
				ch, err := sm.New(senderFunc(func(k apdu.Command) (apdu.Response, error) {
					_, err := chip.Unwrap(x.mangle(k))
					if !errors.Is(err, x.want) {
						t.Errorf("%v, want %v", err, x.want)
					}
					if sm.StatusOf(err) != x.sw {
						t.Errorf("status %04X, want %04X", uint16(sm.StatusOf(err)), uint16(x.sw))
					}
					if _, err := chip.Unwrap(k); !errors.Is(err, sm.ErrClosed) {
						t.Errorf("chip goes on: %v", err)
					}
					if _, err := chip.Wrap(apdu.Response{SW: apdu.OK}); !errors.Is(err, sm.ErrClosed) {
						t.Errorf("chip answers: %v", err)
					}
					return apdu.Response{SW: x.sw}, nil
				}), c, enc, macKey, nil)
				if err != nil {
					t.Fatal(err)
				}
				var naked *sm.UnprotectedError
				if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Data: []byte{1}, Ne: 1}); !errors.As(err, &naked) || naked.SW != x.sw {
					t.Errorf("terminal: %v", err)
				}
			})
		}
	}
}

type senderFunc func(apdu.Command) (apdu.Response, error)

func (f senderFunc) Send(_ context.Context, c apdu.Command) (apdu.Response, error) { return f(c) }

func TestLostExchangeEndsSession(t *testing.T) {
	enc, macKey := testKeys(mac.AES128)
	ch, err := sm.New(senderFunc(func(apdu.Command) (apdu.Response, error) { return apdu.Response{}, apdu.ErrCardGone }), mac.AES128, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 1}); !errors.Is(err, apdu.ErrCardGone) {
		t.Fatal(err)
	}
	if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 1}); !errors.Is(err, sm.ErrClosed) {
		t.Fatal(err)
	}
}

func TestCancelledBeforeSendingKeepsSession(t *testing.T) {
	ch, _ := pair(t, mac.AES128, func(apdu.Command) apdu.Response { return apdu.Response{SW: apdu.OK} }, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ch.Send(ctx, apdu.Command{INS: 0xB0}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0}); err != nil {
		t.Fatal(err)
	}
}

func TestUnfitCommandKeepsSession(t *testing.T) {
	ch, _ := pair(t, mac.AES128, func(apdu.Command) apdu.Response { return apdu.Response{SW: apdu.OK} }, nil)
	for _, cmd := range []apdu.Command{
		{CLA: 0x0C, INS: 0xB0}, {CLA: 0x40, INS: 0xB0}, {INS: 0xB0, Ne: -1}, {INS: 0xB0, Ne: 65537}, {INS: 0xD6, Data: make([]byte, 65536)},
	} {
		if _, err := ch.Send(context.Background(), cmd); !errors.Is(err, sm.ErrCommand) {
			t.Errorf("%v, want %v", err, sm.ErrCommand)
		}
	}
	if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0}); err != nil {
		t.Fatal(err)
	}
}

func TestCounterExhausted(t *testing.T) {
	for _, c := range allCiphers {
		enc, macKey := testKeys(c)
		ch, err := sm.New(senderFunc(func(apdu.Command) (apdu.Response, error) {
			t.Error("sent with a repeated counter")
			return apdu.Response{}, nil
		}), c, enc, macKey, bytes.Repeat([]byte{0xFF}, c.BlockSize()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0}); !errors.Is(err, sm.ErrCounter) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestRestartClosesOld(t *testing.T) {
	ch, _ := pair(t, mac.TDES, func(apdu.Command) apdu.Response { return apdu.Response{SW: apdu.OK} }, nil)
	enc, macKey := testKeys(mac.AES256)
	next, err := sm.Restart(ch, mac.AES256, enc, macKey)
	if err != nil {
		t.Fatal(err)
	}
	if next.Inner() == nil || next.Cipher() != mac.AES256 {
		t.Error("new channel is not on the plain sender")
	}
	if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0}); err != sm.ErrClosed {
		t.Errorf("old channel: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	short := mac.NewKey(make([]byte, 15))
	good := mac.NewKey(make([]byte, 16))
	inner := senderFunc(func(apdu.Command) (apdu.Response, error) { return apdu.Response{}, nil })
	for name, f := range map[string]func() error{
		"no sender":   func() error { _, err := sm.New(nil, mac.AES128, good, good, nil); return err },
		"no cipher":   func() error { _, err := sm.New(inner, 0, good, good, nil); return err },
		"enc key":     func() error { _, err := sm.New(inner, mac.AES128, short, good, nil); return err },
		"mac key":     func() error { _, err := sm.New(inner, mac.AES128, good, short, nil); return err },
		"empty key":   func() error { _, err := sm.New(inner, mac.AES128, mac.Key{}, mac.Key{}, nil); return err },
		"counter":     func() error { _, err := sm.New(inner, mac.AES128, good, good, make([]byte, 8)); return err },
		"chip's keys": func() error { _, err := sm.NewChip(mac.AES256, good, good, nil); return err },
	} {
		if f() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// No verb prints a session key.
func TestNothingPrintsKeys(t *testing.T) {
	enc, macKey := testKeys(mac.AES128)
	ch, chip := pair(t, mac.AES128, func(apdu.Command) apdu.Response { return apdu.Response{SW: apdu.OK} }, nil)
	for _, v := range []any{ch, chip, *chip} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
			s := strings.ToLower(fmt.Sprintf(verb, v))
			for _, k := range []mac.Key{enc, macKey} {
				if strings.Contains(s, hex.EncodeToString(k.Bytes())) || strings.Contains(s, fmt.Sprint(k.Bytes())) || strings.Contains(s, strings.Trim(fmt.Sprint(k.Bytes()), "[]")) {
					t.Errorf("%s prints a key: %s", verb, s)
				}
			}
		}
	}
}
