package bac_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

type exchange struct{ Command, Response vectors.Hex }

type exampleD struct {
	Keys     []struct{ Name, MRZ string }
	KEnc     vectors.Hex `json:"k_enc"`
	KMac     vectors.Hex `json:"k_mac"`
	RndIC    vectors.Hex `json:"rnd_ic"`
	RndIFD   vectors.Hex `json:"rnd_ifd"`
	KIFD     vectors.Hex `json:"k_ifd"`
	KIC      vectors.Hex `json:"k_ic"`
	Exchange []exchange
	Messages []struct{ Plain, Protected, Answer, Data vectors.Hex }
}

func loadD(t testing.TB) exampleD {
	var v exampleD
	vectors.Load(t, "bac_sm.json", &v)
	if len(v.Exchange) != 2 || len(v.Keys) != 4 {
		t.Fatal("vector incomplete")
	}
	return v
}

const example = "L898902C<369080619406236"

// transmit is a transmitter made of a function.
type transmit func(command []byte) []byte

func (f transmit) Transmit(_ context.Context, c []byte) ([]byte, error) { return f(c), nil }

// card is a virtual chip: BAC, then secure messaging around echo.
type card struct {
	t       testing.TB
	chip    *bac.Chip
	session *sm.Chip
	mangle  func(ins byte, r apdu.Response) apdu.Response
}

func (c *card) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		return apdu.Response{SW: apdu.ErrWrongLength}.Encode(), nil
	}
	if c.session != nil {
		plain, err := c.session.Unwrap(cmd)
		if err != nil {
			return apdu.Response{SW: sm.StatusOf(err)}.Encode(), nil
		}
		r, err := c.session.Wrap(apdu.Response{Data: plain.Data, SW: apdu.OK})
		if err != nil {
			c.t.Fatal(err)
		}
		return r.Encode(), nil
	}
	r, s := c.chip.Handle(cmd)
	if c.mangle != nil {
		r = c.mangle(cmd.INS, r)
	}
	c.session = s
	return r.Encode(), nil
}

// Doc 9303-11 (8th ed.), D.2: each MRZ gives these keys. The last two of the
// TD2 and TD1 examples are the same strings in other places.
func TestVectorDKeys(t *testing.T) {
	v := loadD(t)
	seen := 0
	for _, k := range v.Keys {
		if k.MRZ != example {
			continue
		}
		seen++
		enc, mac := bac.NewPassword(k.MRZ).Keys()
		if !bytes.Equal(enc, v.KEnc) || !bytes.Equal(mac, v.KMac) {
			t.Errorf("%s: keys differ", k.Name)
		}
	}
	if seen != 2 {
		t.Errorf("%d of the examples used, want 2", seen)
	}
}

// D.3 and D.4 as the terminal, APDU by APDU.
func TestVectorDTerminal(t *testing.T) {
	v := loadD(t)
	script := append([]exchange{}, v.Exchange...)
	for _, m := range v.Messages {
		script = append(script, exchange{m.Protected, m.Answer})
	}
	i := 0
	ch := apdu.NewChannel(transmit(func(b []byte) []byte {
		if !bytes.Equal(b, script[i].Command) {
			t.Fatalf("command %d: %X, want %X", i, b, []byte(script[i].Command))
		}
		i++
		return script[i-1].Response
	}))
	res, err := bac.RunWith(context.Background(), ch, bac.NewPassword(example), bytes.NewReader(append(bytes.Clone(v.RndIFD), v.KIFD...)))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range v.Messages {
		cmd, err := apdu.ParseCommand(m.Plain)
		if err != nil {
			t.Fatal(err)
		}
		data, err := apdu.Do(context.Background(), res.Channel, cmd)
		if err != nil || !bytes.Equal(data, m.Data) {
			t.Fatalf("%X (%v), want %X", data, err, []byte(m.Data))
		}
	}
	if i != 5 {
		t.Errorf("%d exchanges, want 5", i)
	}
}

// D.3 and D.4 as the chip, APDU by APDU.
func TestVectorDChip(t *testing.T) {
	v := loadD(t)
	chip := bac.NewChip(bac.NewPassword(example))
	chip.SetRandom(bytes.NewReader(append(bytes.Clone(v.RndIC), v.KIC...)))
	var session *sm.Chip
	for i, x := range v.Exchange {
		cmd, err := apdu.ParseCommand(x.Command)
		if err != nil {
			t.Fatal(err)
		}
		var r apdu.Response
		r, session = chip.Handle(cmd)
		if !bytes.Equal(r.Encode(), x.Response) {
			t.Fatalf("answer %d: %X, want %X", i, r.Encode(), []byte(x.Response))
		}
	}
	if session == nil {
		t.Fatal("no session")
	}
	for _, m := range v.Messages {
		cmd, err := apdu.ParseCommand(m.Protected)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Unwrap(cmd); err != nil {
			t.Fatal(err)
		}
		r, err := session.Wrap(apdu.Response{Data: m.Data, SW: apdu.OK})
		if err != nil || !bytes.Equal(r.Encode(), m.Answer) {
			t.Fatalf("%X (%v), want %X", r.Encode(), err, []byte(m.Answer))
		}
	}
}

func TestOwnTerminalOwnChip(t *testing.T) {
	c := &card{t: t, chip: bac.NewChip(bac.NewPassword(example))}
	res, err := bac.Run(context.Background(), apdu.NewChannel(c), bac.NewPassword(example))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		want := []byte(fmt.Sprintf("message %d", i))
		got, err := apdu.Do(context.Background(), res.Channel, apdu.Command{INS: 0xA4, Data: want, Ne: 256})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatal(got, err)
		}
	}
}

// One fault, one named outcome.
func TestFaults(t *testing.T) {
	only := func(ins byte, f func(*apdu.Response)) func(byte, apdu.Response) apdu.Response {
		return func(i byte, r apdu.Response) apdu.Response {
			if i == ins {
				f(&r)
			}
			return r
		}
	}
	for name, x := range map[string]struct {
		mrz    string
		mangle func(byte, apdu.Response) apdu.Response
		want   error
		status apdu.Status
	}{
		"wrong password":          {mrz: "L898902C<369080619406237", want: bac.ErrDenied, status: apdu.ErrAuthFailed},
		"blocked":                 {mangle: only(0x82, func(r *apdu.Response) { *r = apdu.Response{SW: apdu.ErrAuthBlocked} }), want: bac.ErrDenied, status: apdu.ErrAuthBlocked},
		"no challenge":            {mangle: only(0x84, func(r *apdu.Response) { *r = apdu.Response{SW: apdu.ErrSecurityStatus} }), want: apdu.ErrSecurityStatus},
		"challenge short":         {mangle: only(0x84, func(r *apdu.Response) { r.Data = r.Data[:7] }), want: bac.ErrFormat},
		"challenge long":          {mangle: only(0x84, func(r *apdu.Response) { r.Data = append(r.Data, 0) }), want: bac.ErrFormat},
		"another challenge":       {mangle: only(0x84, func(r *apdu.Response) { r.Data[0] ^= 1 }), want: bac.ErrDenied, status: apdu.ErrAuthFailed},
		"token cryptogram":        {mangle: only(0x82, func(r *apdu.Response) { r.Data[3] ^= 1 }), want: bac.ErrChip},
		"token checksum":          {mangle: only(0x82, func(r *apdu.Response) { r.Data[39] ^= 1 }), want: bac.ErrChip},
		"token truncated":         {mangle: only(0x82, func(r *apdu.Response) { r.Data = r.Data[:32] }), want: bac.ErrFormat},
		"token missing":           {mangle: only(0x82, func(r *apdu.Response) { r.Data = nil }), want: bac.ErrFormat},
		"status without a number": {mangle: only(0x82, func(r *apdu.Response) { r.SW, r.Data = 0x6F00, nil }), want: bac.ErrDenied, status: apdu.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			if x.mrz == "" {
				x.mrz = example
			}
			c := &card{t: t, chip: bac.NewChip(bac.NewPassword(example)), mangle: x.mangle}
			_, err := bac.Run(context.Background(), apdu.NewChannel(c), bac.NewPassword(x.mrz))
			if !errors.Is(err, x.want) {
				t.Fatalf("%v, want %v", err, x.want)
			}
			if x.status != 0 && !errors.Is(err, x.status) {
				t.Errorf("%v, want %v in it", err, x.status)
			}
		})
	}
}

// A chip's token from an earlier run answers another challenge.
func TestReplayedChipToken(t *testing.T) {
	var old []byte
	record := func(ins byte, r apdu.Response) apdu.Response {
		if ins == 0x82 {
			old = r.Data
		}
		return r
	}
	replay := func(ins byte, r apdu.Response) apdu.Response {
		if ins == 0x82 {
			r.Data = old
		}
		return r
	}
	pw := bac.NewPassword(example)
	if _, err := bac.Run(context.Background(), apdu.NewChannel(&card{t: t, chip: bac.NewChip(pw), mangle: record}), pw); err != nil {
		t.Fatal(err)
	}
	_, err := bac.Run(context.Background(), apdu.NewChannel(&card{t: t, chip: bac.NewChip(pw), mangle: replay}), pw)
	if !errors.Is(err, bac.ErrChip) {
		t.Errorf("%v, want %v", err, bac.ErrChip)
	}
}

// The chip takes a token once, and only after a challenge.
func TestReplayedTerminalToken(t *testing.T) {
	v := loadD(t)
	chip := bac.NewChip(bac.NewPassword(example))
	chip.SetRandom(bytes.NewReader(append(append(bytes.Clone(v.RndIC), v.KIC...), bytes.Repeat([]byte{1}, 100)...)))
	challenge, _ := apdu.ParseCommand(v.Exchange[0].Command)
	token, _ := apdu.ParseCommand(v.Exchange[1].Command)

	if r, s := chip.Handle(token); r.SW != apdu.ErrConditions || s != nil {
		t.Errorf("without a challenge: %v", r.SW)
	}
	chip.Handle(challenge)
	if r, s := chip.Handle(token); r.SW != apdu.OK || s == nil {
		t.Fatalf("first: %v", r.SW)
	}
	if r, s := chip.Handle(token); r.SW != apdu.ErrConditions || s != nil {
		t.Errorf("again: %v", r.SW)
	}
	chip.Handle(challenge)
	if r, s := chip.Handle(token); r.SW != apdu.ErrAuthFailed || s != nil {
		t.Errorf("for another challenge: %v", r.SW)
	}
}

// An answer outside secure messaging ends the session.
func TestUnprotectedAfterwards(t *testing.T) {
	c := &card{t: t, chip: bac.NewChip(bac.NewPassword(example))}
	res, err := bac.Run(context.Background(), apdu.NewChannel(c), bac.NewPassword(example))
	if err != nil {
		t.Fatal(err)
	}
	c.session.Close()
	if _, err := res.Channel.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 4}); !errors.Is(err, sm.ErrUnprotected) {
		t.Errorf("%v, want %v", err, sm.ErrUnprotected)
	}
}

// Some chips refuse the exact Le and take the maximum; one more try, with a new
// challenge, is made for those statuses and no other.
func TestLeVariants(t *testing.T) {
	for sw, want := range map[apdu.Status]int{apdu.ErrNotFound: 2, apdu.ErrWrongLength: 2, apdu.ErrAuthFailed: 1} {
		tries := 0
		c := &card{t: t, chip: bac.NewChip(bac.NewPassword(example))}
		var ch apdu.Sender = apdu.NewChannel(transmit(func(b []byte) []byte {
			if b[1] == 0x82 {
				if tries++; b[len(b)-1] != 0x00 {
					c.chip.Reset()
					return apdu.Response{SW: sw}.Encode()
				}
			}
			r, _ := c.Transmit(context.Background(), b)
			return r
		}))
		_, err := bac.Run(context.Background(), ch, bac.NewPassword(example))
		if tries != want || (err == nil) != (want == 2) {
			t.Errorf("%v: %d tries, %v", sw, tries, err)
		}
	}
}

func TestCardGone(t *testing.T) {
	_, err := bac.Run(context.Background(), gone{}, bac.NewPassword(example))
	if !errors.Is(err, apdu.ErrCardGone) || errors.Is(err, bac.ErrDenied) {
		t.Error(err)
	}
}

type gone struct{}

func (gone) Send(context.Context, apdu.Command) (apdu.Response, error) {
	return apdu.Response{}, apdu.ErrCardGone
}

func TestNothingPrintsKeys(t *testing.T) {
	pw := bac.NewPassword(example)
	enc, mac := pw.Keys()
	for _, v := range []any{pw, &pw, bac.NewChip(pw), struct{ P bac.Password }{pw}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
			s := strings.ToLower(fmt.Sprintf(verb, v))
			for _, k := range [][]byte{enc, mac} {
				if strings.Contains(s, hex.EncodeToString(k)) || strings.Contains(s, strings.Trim(fmt.Sprint(k), "[]")) {
					t.Errorf("%s prints a key: %s", verb, s)
				}
			}
		}
	}
}

// Whatever the chip answers: no panic, and no session without the keys.
func FuzzChipAnswers(f *testing.F) {
	v := loadD(f)
	f.Add([]byte(v.Exchange[0].Response), []byte(v.Exchange[1].Response))
	f.Add([]byte{0x90, 0}, []byte{0x90, 0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		n := 0
		ch := apdu.NewChannel(transmit(func([]byte) []byte {
			if n++; n%2 == 1 {
				return a
			}
			return b
		}))
		if _, err := bac.Run(context.Background(), ch, bac.NewPassword(example)); err == nil {
			t.Fatal("forged answers accepted")
		}
	})
}

// Whatever the terminal sends.
func FuzzTerminalCommands(f *testing.F) {
	v := loadD(f)
	f.Add([]byte(v.Exchange[1].Command))
	f.Fuzz(func(t *testing.T, b []byte) {
		cmd, err := apdu.ParseCommand(b)
		if err != nil {
			return
		}
		chip := bac.NewChip(bac.NewPassword("another"))
		chip.Handle(apdu.Command{INS: 0x84, Ne: 8})
		if _, s := chip.Handle(cmd); s != nil {
			t.Fatal("forged token accepted")
		}
	})
}
