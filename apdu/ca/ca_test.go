package ca_test

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

var allCiphers = []mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256}

// card is a virtual chip under a first session, as after BAC or PACE.
type card struct {
	t       testing.TB
	chip    *ca.Chip
	session *sm.Chip
	seen    []apdu.Command // plain commands
	mangle  func(cmd apdu.Command, r *apdu.Response)
	naked   bool // answers without protection
}

func (c *card) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		c.t.Fatalf("%X: %v", b, err)
	}
	plain, err := c.session.Unwrap(cmd)
	if err != nil {
		return apdu.Response{SW: sm.StatusOf(err)}.Encode(), nil
	}
	c.seen = append(c.seen, plain)
	r, next := apdu.Response{Data: plain.Data, SW: apdu.OK}, (*sm.Chip)(nil)
	if c.chip.Wants(plain) {
		r, next = c.chip.Handle(plain)
	}
	if c.mangle != nil {
		c.mangle(plain, &r)
	}
	if c.naked {
		return r.Encode(), nil
	}
	if r, err = c.session.Wrap(r); err != nil {
		c.t.Fatal(err)
	}
	if next != nil {
		c.session = next
	}
	return r.Encode(), nil
}

func (*card) ATR() []byte      { return nil }
func (*card) MaxCommand() int  { return 65544 }
func (*card) MaxResponse() int { return 65538 }

// open starts the first session, 3DES as after BAC.
func open(t testing.TB, cfg ca.ChipConfig) (*card, *sm.Channel) {
	t.Helper()
	chip, err := ca.NewChip(cfg)
	if err != nil {
		t.Fatal(err)
	}
	enc, macKey := mac.DeriveICAO([]byte{1}, 1, mac.TDES), mac.DeriveICAO([]byte{1}, 2, mac.TDES)
	session, err := sm.NewChip(mac.TDES, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &card{t: t, chip: chip, session: session}
	ch, err := sm.New(apdu.NewChannel(c), mac.TDES, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, ch
}

func newKey(t testing.TB, id int) *domain.Key {
	t.Helper()
	p, err := domain.Standard(id)
	if err != nil {
		t.Fatal(err)
	}
	k, err := p.Generator().GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func oid(t testing.TB, p ca.Protocol) asn1.ObjectIdentifier {
	t.Helper()
	o, err := p.OID()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// confirm is the first exchange under the new keys: the proof.
func confirm(t testing.TB, res *ca.Result) error {
	t.Helper()
	if res.Channel.Verified() != 0 {
		t.Error("proof before any answer")
	}
	got, err := apdu.Do(context.Background(), res.Channel, apdu.Command{INS: 0xA4, Data: []byte("echo"), Ne: 256})
	if err == nil && (string(got) != "echo" || res.Channel.Verified() != 1) {
		t.Errorf("%q, %d verified", got, res.Channel.Verified())
	}
	return err
}

// Our terminal against our chip: every cipher with every domain parameter, with
// and without key identifier.
func TestAllCombinations(t *testing.T) {
	for _, id := range domain.StandardIDs() {
		k := newKey(t, id)
		for _, c := range allCiphers {
			for _, keyID := range []int{ca.NoKeyID, 0, 7, 300} {
				o := oid(t, ca.Protocol{Curve: k.Parameters().Curve() != nil, Cipher: c})
				card, ch := open(t, ca.ChipConfig{Keys: []ca.ChipKey{{ID: keyID, Private: k, Protocols: []asn1.ObjectIdentifier{o}}}})
				res, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: keyID, Public: k.Public()})
				if err != nil {
					t.Errorf("%v %v: %v", k.Parameters(), c, err)
					continue
				}
				if err := confirm(t, res); err != nil {
					t.Errorf("%v %v: %v", k.Parameters(), c, err)
				}
				if res.Channel.Cipher() != c || res.SetAT || !bytes.Equal(card.chip.TerminalEphemeral(), res.TerminalEphemeral) {
					t.Errorf("%v %v: result does not describe the run", k.Parameters(), c)
				}
				if want := map[bool]byte{true: 0xA6, false: 0xA4}[c == mac.TDES]; card.seen[0].P2 != want {
					t.Errorf("%v: MSE with P2 %02X", c, card.seen[0].P2)
				}
				if _, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0}); !errors.Is(err, sm.ErrClosed) {
					t.Errorf("old session lives on: %v", err)
				}
			}
		}
	}
}

// The key agreement of the EAC worked example, through the whole terminal: the
// ephemeral key it sends, and the session it opens.
func TestVectorEAC2(t *testing.T) {
	var v struct {
		CA struct {
			StaticPublic     vectors.Hex `json:"static_public"`
			EphemeralPrivate vectors.Hex `json:"ephemeral_private"`
			EphemeralPublic  vectors.Hex `json:"ephemeral_public"`
			SharedK          vectors.Hex `json:"shared_k"`
		}
	}
	vectors.Load(t, "eac2_ecdh.json", &v)
	static, err := ecc.ParsePoint(ecc.BrainpoolP256r1(), v.CA.StaticPublic)
	if err != nil {
		t.Fatal(err)
	}
	enc, macKey := mac.DeriveICAO(v.CA.SharedK, mac.CounterENC, mac.AES128), mac.DeriveICAO(v.CA.SharedK, mac.CounterMAC, mac.AES128)
	session, err := sm.NewChip(mac.AES128, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"002241a40c800a04007f00070202030202", "00860000457c438041" + hex.EncodeToString(v.CA.EphemeralPublic) + "00"}
	i := 0
	ch := apdu.NewChannel(transmit(func(b []byte) []byte {
		if i < len(want) {
			if hex.EncodeToString(b) != want[i] {
				t.Fatalf("command %d: %x, want %s", i, b, want[i])
			}
			i++
			return []byte{0x7C, 0x00, 0x90, 0x00}[2*(2-i):]
		}
		cmd, err := apdu.ParseCommand(b)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := session.Unwrap(cmd)
		if err != nil {
			t.Fatal(err)
		}
		r, err := session.Wrap(apdu.Response{Data: plain.Data, SW: apdu.OK})
		if err != nil {
			t.Fatal(err)
		}
		return r.Encode()
	}))
	o := oid(t, ca.Protocol{Curve: true, Cipher: mac.AES128})
	res, err := ca.RunWith(context.Background(), ch, ca.Params{OID: o, KeyID: ca.NoKeyID, Public: static}, bytes.NewReader(v.CA.EphemeralPrivate))
	if err != nil {
		t.Fatal(err)
	}
	if err := confirm(t, res); err != nil {
		t.Error(err)
	}
}

type transmit func([]byte) []byte

func (f transmit) Transmit(_ context.Context, b []byte) ([]byte, error) { return f(b), nil }

// MSE:Set KAT carries the plain key, then the reference.
func TestSetKATObjects(t *testing.T) {
	k := newKey(t, 12)
	o := oid(t, ca.Protocol{Curve: true, Cipher: mac.TDES})
	card, ch := open(t, ca.ChipConfig{Keys: []ca.ChipKey{{ID: 5, Private: k, Protocols: []asn1.ObjectIdentifier{o}}}})
	res, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: 5, Public: k.Public()})
	if err != nil {
		t.Fatal(err)
	}
	want := append(tlv.Encode(0x91, res.TerminalEphemeral), 0x84, 1, 5)
	if len(card.seen) != 1 || !bytes.Equal(card.seen[0].Data, want) {
		t.Errorf("%d commands, %X, want %X", len(card.seen), card.seen[0].Data, want)
	}
}

// A chip that does 3DES by MSE:Set AT alone (Doc 9303-11 (8th ed.), 8.5, note 1)
// is met in the same session, with a new ephemeral key.
func TestFallbackToSetAT(t *testing.T) {
	for _, id := range []int{0, 13} {
		k := newKey(t, id)
		o := oid(t, ca.Protocol{Curve: id != 0, Cipher: mac.TDES})
		card, ch := open(t, ca.ChipConfig{NoSetKAT: true, Keys: []ca.ChipKey{{ID: ca.NoKeyID, Private: k, Protocols: []asn1.ObjectIdentifier{o}}}})
		res, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: ca.NoKeyID, Public: k.Public()})
		if err != nil {
			t.Fatal(err)
		}
		if err := confirm(t, res); err != nil || !res.SetAT {
			t.Error(err, res.SetAT)
		}
		n, _ := tlv.First(card.seen[0].Data, 0x91)
		if bytes.Equal(n.Value, res.TerminalEphemeral) {
			t.Error("ephemeral key used twice")
		}
	}
}

// There is no such way back for AES.
func TestNoFallbackForAES(t *testing.T) {
	k := newKey(t, 12)
	o := oid(t, ca.Protocol{Curve: true, Cipher: mac.AES128})
	card, ch := open(t, ca.ChipConfig{Keys: []ca.ChipKey{{ID: ca.NoKeyID, Private: k, Protocols: []asn1.ObjectIdentifier{o}}}})
	card.mangle = func(_ apdu.Command, r *apdu.Response) { *r = apdu.Response{SW: apdu.ErrINS} }
	_, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: ca.NoKeyID, Public: k.Public()})
	if !errors.Is(err, ca.ErrRefused) || !errors.Is(err, apdu.ErrINS) || len(card.seen) != 1 {
		t.Errorf("%v after %d commands", err, len(card.seen))
	}
}

// A clone without the static key goes through the protocol and fails at the
// first answer.
func TestClone(t *testing.T) {
	for _, c := range allCiphers {
		genuine, clone := newKey(t, 12), newKey(t, 12)
		o := oid(t, ca.Protocol{Curve: true, Cipher: c})
		_, ch := open(t, ca.ChipConfig{Keys: []ca.ChipKey{{ID: ca.NoKeyID, Private: clone, Protocols: []asn1.ObjectIdentifier{o}}}})
		res, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: ca.NoKeyID, Public: genuine.Public()})
		if err != nil {
			t.Fatal(err)
		}
		if err := confirm(t, res); !errors.Is(err, sm.ErrUnprotected) {
			t.Errorf("%v: %v, want %v", c, err, sm.ErrUnprotected)
		}
		if res.Channel.Verified() != 0 {
			t.Error("clone counts as verified")
		}
	}
}

// A refusal leaves the session from before.
func TestRefusedKeepsSession(t *testing.T) {
	k := newKey(t, 12)
	for _, c := range allCiphers {
		o := oid(t, ca.Protocol{Curve: true, Cipher: c})
		for name, id := range map[string]int{"other key identifier": 9} {
			_, ch := open(t, ca.ChipConfig{Keys: []ca.ChipKey{{ID: 1, Private: k, Protocols: []asn1.ObjectIdentifier{o}}}})
			_, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: id, Public: k.Public()})
			if !errors.Is(err, ca.ErrRefused) || !errors.Is(err, apdu.ErrNotFound) {
				t.Errorf("%v %s: %v", c, name, err)
			}
			if _, err := apdu.Do(context.Background(), ch, apdu.Command{INS: 0xA4}); err != nil {
				t.Errorf("%v: session lost: %v", c, err)
			}
		}
	}
}

// An answer without protection is the end, and no reason to try the other way.
func TestUnprotectedAnswer(t *testing.T) {
	k := newKey(t, 12)
	o := oid(t, ca.Protocol{Curve: true, Cipher: mac.TDES})
	card, ch := open(t, ca.ChipConfig{Keys: []ca.ChipKey{{ID: ca.NoKeyID, Private: k, Protocols: []asn1.ObjectIdentifier{o}}}})
	card.naked = true
	_, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: ca.NoKeyID, Public: k.Public()})
	if !errors.Is(err, sm.ErrUnprotected) || errors.Is(err, ca.ErrRefused) || len(card.seen) != 1 {
		t.Errorf("%v after %d commands", err, len(card.seen))
	}
}

// A lost card is no refusal: nothing else is tried.
func TestCardGone(t *testing.T) {
	k := newKey(t, 12)
	n := 0
	_, err := ca.Run(context.Background(), gone{&n}, ca.Params{OID: oid(t, ca.Protocol{Curve: true, Cipher: mac.TDES}), KeyID: ca.NoKeyID, Public: k.Public()})
	if !errors.Is(err, apdu.ErrCardGone) || errors.Is(err, ca.ErrRefused) || n != 1 {
		t.Errorf("%v after %d commands", err, n)
	}
}

type gone struct{ n *int }

func (g gone) Send(context.Context, apdu.Command) (apdu.Response, error) {
	*g.n++
	return apdu.Response{}, apdu.ErrCardGone
}

// Keys that do not fit are refused before anything is sent.
func TestUnfitKeys(t *testing.T) {
	ec := oid(t, ca.Protocol{Curve: true, Cipher: mac.AES128})
	dh := oid(t, ca.Protocol{Cipher: mac.AES128})
	curve, group := newKey(t, 12).Public(), newKey(t, 0).Public()
	off := &ecc.PublicKey{Curve: ecc.P256(), X: big.NewInt(3), Y: big.NewInt(3)}
	silent := apdu.NewChannel(transmit(func([]byte) []byte { t.Error("sent something"); return []byte{0x90, 0} }))
	for name, x := range map[string]struct {
		p    ca.Params
		want error
	}{
		"curve for a group":   {ca.Params{OID: dh, KeyID: ca.NoKeyID, Public: curve}, ca.ErrKey},
		"group for a curve":   {ca.Params{OID: ec, KeyID: ca.NoKeyID, Public: group}, ca.ErrKey},
		"off the curve":       {ca.Params{OID: ec, KeyID: ca.NoKeyID, Public: off}, ca.ErrKey},
		"no key":              {ca.Params{OID: ec, KeyID: ca.NoKeyID}, ca.ErrKey},
		"identifier too big":  {ca.Params{OID: ec, KeyID: 1 << 20, Public: curve}, ca.ErrKey},
		"identifier negative": {ca.Params{OID: ec, KeyID: -2, Public: curve}, ca.ErrKey},
		"another protocol":    {ca.Params{OID: asn1.ObjectIdentifier{1, 2, 3}, KeyID: ca.NoKeyID, Public: curve}, ca.ErrProtocol},
	} {
		if _, err := ca.Run(context.Background(), silent, x.p); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}

// One fault in the command, one status.
func TestChipFaults(t *testing.T) {
	k, g := newKey(t, 12), newKey(t, 0)
	ec3, ecA := oid(t, ca.Protocol{Curve: true, Cipher: mac.TDES}), oid(t, ca.Protocol{Curve: true, Cipher: mac.AES128})
	dhA := oid(t, ca.Protocol{Cipher: mac.AES128})
	chip, err := ca.NewChip(ca.ChipConfig{Keys: []ca.ChipKey{
		{ID: 1, Private: k, Protocols: []asn1.ObjectIdentifier{ec3, ecA}}, {ID: 2, Private: newKey(t, 13), Protocols: []asn1.ObjectIdentifier{ec3}},
		{ID: 3, Private: g, Protocols: []asn1.ObjectIdentifier{dhA}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	value := func(o asn1.ObjectIdentifier) []byte {
		b, err := asn1.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return b[2:]
	}
	setAT := func(o asn1.ObjectIdentifier) apdu.Command {
		return apdu.Command{INS: 0x22, P1: 0x41, P2: 0xA4, Data: tlv.Encode(0x80, value(o))}
	}
	kat := func(data ...[]byte) apdu.Command {
		return apdu.Command{INS: 0x22, P1: 0x41, P2: 0xA6, Data: bytes.Join(data, nil)}
	}
	ga := func(b []byte) apdu.Command { return apdu.Command{INS: 0x86, Data: b, Ne: 256} }
	point := k.Public().Bytes()
	off := bytes.Clone(point)
	off[64] ^= 1
	for name, x := range map[string]struct {
		before *apdu.Command
		cmd    apdu.Command
		want   apdu.Status
	}{
		"no selection":        {nil, ga(tlv.Encode(0x7C, tlv.Encode(0x80, point))), apdu.ErrConditions},
		"off the curve":       {ptr(setAT(ecA)), ga(tlv.Encode(0x7C, tlv.Encode(0x80, off))), apdu.ErrWrongData},
		"infinity":            {ptr(setAT(ecA)), ga(tlv.Encode(0x7C, tlv.Encode(0x80, []byte{0}))), apdu.ErrWrongData},
		"no key object":       {ptr(setAT(ecA)), ga(tlv.Encode(0x7C)), apdu.ErrWrongData},
		"no template":         {ptr(setAT(ecA)), ga(nil), apdu.ErrWrongData},
		"outside the group":   {ptr(setAT(dhA)), ga(tlv.Encode(0x7C, tlv.Encode(0x80, []byte{2}))), apdu.ErrWrongData},
		"one":                 {ptr(setAT(dhA)), ga(tlv.Encode(0x7C, tlv.Encode(0x80, []byte{1}))), apdu.ErrWrongData},
		"KAT ambiguous":       {nil, kat(tlv.Encode(0x91, point)), apdu.ErrNotFound},
		"KAT off the curve":   {nil, kat(tlv.Encode(0x91, off), []byte{0x84, 1, 1}), apdu.ErrWrongData},
		"KAT without key":     {nil, kat([]byte{0x84, 1, 1}), apdu.ErrWrongData},
		"KAT malformed":       {nil, kat([]byte{0x91, 65}), apdu.ErrWrongData},
		"AT unknown":          {nil, setAT(asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 4}), apdu.ErrWrongData},
		"AT without object":   {nil, apdu.Command{INS: 0x22, P1: 0x41, P2: 0xA4}, apdu.ErrWrongData},
		"AT ambiguous":        {nil, setAT(ec3), apdu.ErrNotFound},
		"AT long reference":   {nil, apdu.Command{INS: 0x22, P1: 0x41, P2: 0xA4, Data: append(tlv.Encode(0x80, value(ec3)), 0x84, 5, 0, 0, 0, 0, 1)}, apdu.ErrNotFound},
		"another instruction": {nil, apdu.Command{INS: 0xB0}, apdu.ErrINS},
	} {
		chip.Reset()
		if x.before != nil {
			if r, _ := chip.Handle(*x.before); r.SW != apdu.OK {
				t.Fatalf("%s: MSE %v", name, r.SW)
			}
		}
		if r, s := chip.Handle(x.cmd); r.SW != x.want || s != nil {
			t.Errorf("%s: %v, want %v", name, r.SW, x.want)
		}
	}
	// One agreement a selection.
	chip.Handle(setAT(ecA))
	good := ga(tlv.Encode(0x7C, tlv.Encode(0x80, newKey(t, 12).Public().Bytes())))
	if r, s := chip.Handle(good); r.SW != apdu.OK || s == nil || !bytes.Equal(r.Data, []byte{0x7C, 0}) {
		t.Fatalf("%v", r.SW)
	}
	if r, s := chip.Handle(good); r.SW != apdu.ErrConditions || s != nil {
		t.Errorf("replay: %v", r.SW)
	}
	for name, cfg := range map[string]ca.ChipConfig{
		"no key":           {Keys: []ca.ChipKey{{ID: 1}}},
		"wrong kind":       {Keys: []ca.ChipKey{{ID: 1, Private: k, Protocols: []asn1.ObjectIdentifier{dhA}}}},
		"unknown protocol": {Keys: []ca.ChipKey{{ID: 1, Private: k, Protocols: []asn1.ObjectIdentifier{{1, 2}}}}},
	} {
		if _, err := ca.NewChip(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestOIDs(t *testing.T) {
	for _, curve := range []bool{true, false} {
		for i, c := range allCiphers {
			p := ca.Protocol{Curve: curve, Cipher: c}
			o := oid(t, p)
			ka := map[bool]int{false: 1, true: 2}[curve]
			if !o.Equal(asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, ka, i + 1}) {
				t.Errorf("%v: %v", p, o)
			}
			if back, err := ca.ParseOID(o); err != nil || back != p {
				t.Errorf("%v: %v %v", o, back, err)
			}
		}
	}
	for _, o := range []asn1.ObjectIdentifier{nil, {0, 4, 0, 127, 0, 7, 2, 2, 3, 2}, {0, 4, 0, 127, 0, 7, 2, 2, 3, 3, 1}, {0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 5}, {0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 0}, {0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}} {
		if _, err := ca.ParseOID(o); !errors.Is(err, ca.ErrProtocol) {
			t.Errorf("%v: %v", o, err)
		}
	}
	if _, err := (ca.Protocol{}).OID(); !errors.Is(err, ca.ErrProtocol) {
		t.Error(err)
	}
}

// Whatever the terminal sends: no panic, and a session only for a valid key.
func FuzzTerminalCommands(f *testing.F) {
	k := newKey(f, 12)
	ec := []asn1.ObjectIdentifier{{0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 1}, {0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 2}}
	at := append(tlv.Encode(0x80, []byte{4, 0, 0x7F, 0, 7, 2, 2, 3, 2, 2}), 0x84, 1, 1)
	f.Add(byte(0xA4), at, tlv.Encode(0x7C, tlv.Encode(0x80, k.Public().Bytes())))
	f.Add(byte(0xA6), append(tlv.Encode(0x91, k.Public().Bytes()), 0x84, 1, 1), []byte{})
	f.Fuzz(func(t *testing.T, p2 byte, template, dynamic []byte) {
		chip, err := ca.NewChip(ca.ChipConfig{Keys: []ca.ChipKey{{ID: 1, Private: k, Protocols: ec}}})
		if err != nil {
			t.Fatal(err)
		}
		_, first := chip.Handle(apdu.Command{INS: 0x22, P1: 0x41, P2: p2, Data: template})
		_, second := chip.Handle(apdu.Command{INS: 0x86, Data: dynamic, Ne: 256})
		if first == nil && second == nil {
			return
		}
		if _, err := k.Parameters().ParsePublicKey(chip.TerminalEphemeral()); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever the chip answers: no panic.
func FuzzChipAnswers(f *testing.F) {
	k := newKey(f, 12)
	o := oid(f, ca.Protocol{Curve: true, Cipher: mac.TDES})
	f.Add([]byte{0x90, 0}, []byte{0x6D, 0}, []byte{0x7C, 0, 0x90, 0})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		answers := [][]byte{a, b, c}
		i := -1
		ch := apdu.NewChannel(transmit(func([]byte) []byte { i++; return answers[i%3] }))
		res, err := ca.Run(context.Background(), ch, ca.Params{OID: o, KeyID: 1, Public: k.Public()})
		if err == nil && res.Channel.Verified() != 0 {
			t.Fatal("proof without an answer under the new keys")
		}
	})
}
