package pace_test

import (
	"bytes"
	"context"
	"crypto/cipher"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// object replaces the value of one object in an answer's DO 7C.
func object(t testing.TB, r *apdu.Response, tag tlv.Tag, f func([]byte) []byte) {
	t.Helper()
	outer, _, err := tlv.Parse(r.Data)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := outer.Children()
	if err != nil {
		t.Fatal(err)
	}
	var body []byte
	for _, n := range nodes {
		v := n.Value
		if n.Tag == tag {
			if v = f(bytes.Clone(v)); v == nil {
				continue
			}
		}
		body = append(body, tlv.Encode(n.Tag, v)...)
	}
	r.Data = tlv.Encode(0x7C, body)
}

// The steps of a run.
const (
	nonce = 1 + iota
	mapping
	agreement
	token
)

// One fault in the chip's answers, one named outcome at the terminal.
func TestChipFaults(t *testing.T) {
	infinity := func([]byte) []byte { return []byte{0} }
	flipLast := func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
	gone := func([]byte) []byte { return nil }
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	compressed := func(b []byte) []byte { return append([]byte{2 + b[len(b)-1]&1}, b[1:1+len(b)/2]...) }
	otherCurve := func([]byte) []byte {
		k, err := ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return k.PublicKey().Bytes()
	}
	for _, x := range []struct {
		name string
		step int
		tag  tlv.Tag
		f    func([]byte) []byte
		want error
	}{
		{"nonce missing", nonce, 0x80, gone, pace.ErrFormat},
		{"nonce of no block", nonce, 0x80, cut, pace.ErrFormat},
		{"nonce empty", nonce, 0x80, func([]byte) []byte { return []byte{} }, pace.ErrFormat},
		{"nonce huge", nonce, 0x80, func([]byte) []byte { return make([]byte, 80) }, pace.ErrFormat},
		{"nonce changed", nonce, 0x80, flipLast, pace.ErrDenied},
		{"mapping missing", mapping, 0x82, gone, pace.ErrFormat},
		{"mapping off the curve", mapping, 0x82, flipLast, pace.ErrPublicKey},
		{"mapping at infinity", mapping, 0x82, infinity, pace.ErrPublicKey},
		{"mapping of another curve", mapping, 0x82, otherCurve, pace.ErrPublicKey},
		{"mapping compressed", mapping, 0x82, compressed, pace.ErrPublicKey},
		{"mapping cut", mapping, 0x82, cut, pace.ErrPublicKey},
		{"key missing", agreement, 0x84, gone, pace.ErrFormat},
		{"key off the curve", agreement, 0x84, flipLast, pace.ErrPublicKey},
		{"key at infinity", agreement, 0x84, infinity, pace.ErrPublicKey},
		{"key empty", agreement, 0x84, func([]byte) []byte { return []byte{} }, pace.ErrPublicKey},
		{"token missing", token, 0x86, gone, pace.ErrFormat},
		{"token changed", token, 0x86, flipLast, pace.ErrToken},
		{"token cut", token, 0x86, cut, pace.ErrToken},
		{"token empty", token, 0x86, func([]byte) []byte { return []byte{} }, pace.ErrToken},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := &card{t: t, chip: gmChip(t, pace.CAN("1")), mangle: func(step int, r *apdu.Response) {
				if step == x.step {
					object(t, r, x.tag, x.f)
				}
			}}
			res, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1"))
			if !errors.Is(err, x.want) || res != nil {
				t.Errorf("%v, want %v", err, x.want)
			}
		})
	}
}

// Faults of the whole answer.
func TestAnswerFaults(t *testing.T) {
	for name, f := range map[string]func([]byte) []byte{
		"empty":            func([]byte) []byte { return nil },
		"truncated":        func(b []byte) []byte { return b[:len(b)-1] },
		"byte after":       func(b []byte) []byte { return append(b, 0) },
		"another template": func(b []byte) []byte { b[0] = 0x7D; return b },
		"object twice":     func(b []byte) []byte { return tlv.Encode(0x7C, b[2:], b[2:]) },
		"inner length":     func(b []byte) []byte { b[3]++; return b },
	} {
		for step := nonce; step <= token; step++ {
			c := &card{t: t, chip: gmChip(t, pace.CAN("1")), mangle: func(s int, r *apdu.Response) {
				if s == step {
					r.Data = f(r.Data)
				}
			}}
			if _, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1")); !errors.Is(err, pace.ErrFormat) {
				t.Errorf("step %d, %s: %v, want %v", step, name, err, pace.ErrFormat)
			}
		}
	}
}

// A chip, or somebody in its place, that sends our own keys back.
func TestReflectedKeys(t *testing.T) {
	for step, tag := range map[int]tlv.Tag{mapping: 0x82, agreement: 0x84} {
		var ours []byte
		c := &card{t: t, chip: gmChip(t, pace.CAN("1"))}
		c.before = func(s int, cmd *apdu.Command) {
			if s == step {
				outer, _, _ := tlv.Parse(cmd.Data)
				n, _ := outer.First(tag - 1)
				ours = bytes.Clone(n.Value)
			}
		}
		c.mangle = func(s int, r *apdu.Response) {
			if s == step {
				object(t, r, tag, func([]byte) []byte { return ours })
			}
		}
		if _, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1")); !errors.Is(err, pace.ErrPublicKey) {
			t.Errorf("step %d: %v, want %v", step, err, pace.ErrPublicKey)
		}
	}
}

func TestWrongPassword(t *testing.T) {
	for _, proto := range protocols() {
		if proto.Mapping == pace.ChipAuthentication {
			continue
		}
		p := pace.Params{OID: protocolOID(t, proto), ParameterID: 0}
		if proto.Curve {
			p.ParameterID = 12
		}
		c := &card{t: t, chip: newChip(t, pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("123456")}})}
		_, err := pace.Run(context.Background(), apdu.NewChannel(c), p, pace.CAN("123457"))
		if !errors.Is(err, pace.ErrDenied) || !errors.Is(err, apdu.ErrAuthFailed) {
			t.Errorf("%v: %v, want %v", proto, err, pace.ErrDenied)
		}
		if c.session != nil {
			t.Errorf("%v: chip opened a session", proto)
		}
	}
}

func TestPasswordNotThere(t *testing.T) {
	c := &card{t: t, chip: gmChip(t, pace.CAN("1"))}
	_, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.PUK("1"))
	if !errors.Is(err, apdu.ErrNotFound) || errors.Is(err, pace.ErrDenied) {
		t.Errorf("%v, want %v", err, apdu.ErrNotFound)
	}
}

// A chip that does not know the password but copies a nonce from an earlier run
// gets no further than the token.
func TestReplayedNonce(t *testing.T) {
	var old []byte
	record := &card{t: t, chip: gmChip(t, pace.CAN("1")), mangle: func(s int, r *apdu.Response) {
		if s == nonce {
			old = bytes.Clone(r.Data)
		}
	}}
	if _, err := pace.Run(context.Background(), apdu.NewChannel(record), gm(t), pace.CAN("1")); err != nil {
		t.Fatal(err)
	}
	replay := &card{t: t, chip: gmChip(t, pace.CAN("1")), mangle: func(s int, r *apdu.Response) {
		if s == nonce {
			r.Data = old
		}
	}}
	if _, err := pace.Run(context.Background(), apdu.NewChannel(replay), gm(t), pace.CAN("1")); !errors.Is(err, pace.ErrDenied) {
		t.Errorf("%v, want %v", err, pace.ErrDenied)
	}
}

// Prime field: values outside the subgroup, 0, 1, p-1 and p.
func TestSmallSubgroup(t *testing.T) {
	p := pace.Params{OID: protocolOID(t, pace.Protocol{Mapping: pace.Generic, Cipher: mac.AES128}), ParameterID: 0}
	g := standard(t, 0).Group()
	modulus := g.P().Bytes()
	minusOne := bytes.Clone(modulus)
	minusOne[len(minusOne)-1]--
	for name, v := range map[string][]byte{"0": {0}, "1": {1}, "2, outside the subgroup": {2}, "p-1": minusOne, "p": modulus, "longer than p": append([]byte{1, 1}, modulus...)} {
		for step, tag := range map[int]tlv.Tag{mapping: 0x82, agreement: 0x84} {
			cfg := pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("1")}}
			c := &card{t: t, chip: newChip(t, cfg), mangle: func(s int, r *apdu.Response) {
				if s == step {
					object(t, r, tag, func([]byte) []byte { return v })
				}
			}}
			if _, err := pace.Run(context.Background(), apdu.NewChannel(c), p, pace.CAN("1")); !errors.Is(err, pace.ErrPublicKey) {
				t.Errorf("%s in step %d: %v, want %v", name, step, err, pace.ErrPublicKey)
			}
			// The chip refuses them as well.
			c = &card{t: t, chip: newChip(t, cfg), before: func(s int, cmd *apdu.Command) {
				if s == step {
					cmd.Data = tlv.Encode(0x7C, tlv.Encode(tag-1, v))
				}
			}}
			if _, err := pace.Run(context.Background(), apdu.NewChannel(c), p, pace.CAN("1")); !errors.Is(err, apdu.ErrWrongData) {
				t.Errorf("%s to the chip in step %d: %v, want %v", name, step, err, apdu.ErrWrongData)
			}
		}
	}
}

// The nonce of the integrated mapping has one length.
func TestIntegratedNonceLength(t *testing.T) {
	for _, c := range allCiphers {
		p := pace.Params{OID: protocolOID(t, pace.Protocol{Curve: true, Mapping: pace.Integrated, Cipher: c}), ParameterID: 12}
		k := &card{t: t, chip: newChip(t, pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("1")}}), mangle: func(s int, r *apdu.Response) {
			if s == nonce {
				object(t, r, 0x80, func(b []byte) []byte { return append(b, b...) })
			}
		}}
		if _, err := pace.Run(context.Background(), apdu.NewChannel(k), p, pace.CAN("1")); !errors.Is(err, pace.ErrFormat) {
			t.Errorf("%v: %v, want %v", c, err, pace.ErrFormat)
		}
	}
}

// Mapping data where the integrated mapping has none; none at all is taken.
func TestIntegratedMappingData(t *testing.T) {
	p := pace.Params{OID: protocolOID(t, pace.Protocol{Curve: true, Mapping: pace.Integrated, Cipher: mac.AES128}), ParameterID: 12}
	for name, x := range map[string]struct {
		v    []byte
		want error
	}{"a byte": {[]byte{1}, pace.ErrFormat}, "left out": {nil, nil}, "empty": {[]byte{}, nil}} {
		k := &card{t: t, chip: newChip(t, pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("1")}}), mangle: func(s int, r *apdu.Response) {
			if s == mapping {
				object(t, r, 0x82, func([]byte) []byte { return x.v })
			}
		}}
		if _, err := pace.Run(context.Background(), apdu.NewChannel(k), p, pace.CAN("1")); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}

// Authority references of a length that none has.
func TestCARLength(t *testing.T) {
	for _, car := range []string{"", "UTCVCA00000000001"} {
		p := gm(t)
		p.CHAT = []byte{6, 1, 1, 0x53, 1, 0xFF}
		c := &card{t: t, chip: newChip(t, pace.ChipConfig{Offers: []pace.Params{gm(t)}, Passwords: []pace.Password{pace.CAN("1")}, CARs: []string{car}})}
		if _, err := pace.Run(context.Background(), apdu.NewChannel(c), p, pace.CAN("1")); !errors.Is(err, pace.ErrFormat) {
			t.Errorf("%q: %v, want %v", car, err, pace.ErrFormat)
		}
	}
}

// Nonces that would make the mapped generator infinity.
func TestMappingToInfinity(t *testing.T) {
	d := standard(t, 12)
	// H = G and s = n-1: sum is nG.
	k, err := d.Generator().NewKey([]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	h, err := k.Agree(d.Generator().Element())
	if err != nil {
		t.Fatal(err)
	}
	s := d.Order()
	s.Sub(s, one)
	if _, err := pace.GenericMap(d, s.Bytes(), h); !errors.Is(err, pace.ErrMapping) {
		t.Errorf("curve: %v, want %v", err, pace.ErrMapping)
	}
	if _, err := pace.GenericMap(d, d.Order().Bytes(), h); !errors.Is(err, pace.ErrMapping) {
		t.Errorf("curve, s = n: %v, want %v", err, pace.ErrMapping)
	}
	g := standard(t, 0)
	k, err = g.Generator().NewKey([]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	if h, err = k.Agree(g.Generator().Element()); err != nil {
		t.Fatal(err)
	}
	s = g.Order()
	s.Sub(s, one)
	if _, err := pace.GenericMap(g, s.Bytes(), h); !errors.Is(err, pace.ErrMapping) {
		t.Errorf("field: %v, want %v", err, pace.ErrMapping)
	}
}

// Faults of chip authentication mapping.
func TestCAMFaults(t *testing.T) {
	p := pace.Params{OID: protocolOID(t, pace.Protocol{Curve: true, Mapping: pace.ChipAuthentication, Cipher: mac.AES128}), ParameterID: 12}
	static, err := ecc.GenerateKey(ecc.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("1")}, StaticKey: static}
	for name, f := range map[string]func([]byte) []byte{
		"missing":       func([]byte) []byte { return nil },
		"no block":      func(b []byte) []byte { return b[:len(b)-1] },
		"empty":         func([]byte) []byte { return []byte{} },
		"block too few": func(b []byte) []byte { return b[:32] },
	} {
		c := &card{t: t, chip: newChip(t, cfg), mangle: func(s int, r *apdu.Response) {
			if s == token {
				object(t, r, 0x8A, f)
			}
		}}
		if _, err := pace.Run(context.Background(), apdu.NewChannel(c), p, pace.CAN("1")); !errors.Is(err, pace.ErrCAM) {
			t.Errorf("%s: %v, want %v", name, err, pace.ErrCAM)
		}
	}
	// A clone that knows the password but not the static key.
	other, err := ecc.GenerateKey(ecc.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := pace.Run(context.Background(), apdu.NewChannel(&card{t: t, chip: newChip(t, cfg)}), p, pace.CAN("1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := res.CAM.Verify(static.Public()); err != nil {
		t.Error(err)
	}
	for _, pub := range []any{other.Public(), elsewhere.Public(), nil, "key", standardGroupKey(t)} {
		if err := res.CAM.Verify(pub); !errors.Is(err, pace.ErrCAM) {
			t.Errorf("%T: %v, want %v", pub, err, pace.ErrCAM)
		}
	}
	cfg.StaticKey = elsewhere
	if _, err := pace.NewChip(cfg); !errors.Is(err, pace.ErrCAM) {
		t.Errorf("static key on another curve: %v", err)
	}
	cfg.StaticKey = nil
	if _, err := pace.NewChip(cfg); !errors.Is(err, pace.ErrCAM) {
		t.Errorf("no static key: %v", err)
	}
}

// Data of another length than the order, rightly encrypted (Doc 9303-11 (8th
// ed.), 4.4.5.6).
func TestCAMDataLength(t *testing.T) {
	enc := make([]byte, 16)
	block, err := mac.AES128.NewBlock(enc)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]error{31: pace.ErrCAM, 32: nil, 33: pace.ErrCAM} {
		iv := bytes.Repeat([]byte{0xFF}, 16)
		block.Encrypt(iv, iv)
		sealed := mac.Pad80(bytes.Repeat([]byte{1}, n), 16)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
		if _, err := pace.OpenCAM(mac.AES128, enc, sealed, standard(t, 12).Generator().Element()); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
	}
}

func standardGroupKey(t testing.TB) *domain.PublicKey {
	k, err := standard(t, 0).Generator().GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

// Commands out of order, and a token used twice: the chip starts over.
func TestChipOrder(t *testing.T) {
	setAT := apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: []byte{0x80, 10, 4, 0, 0x7F, 0, 7, 2, 2, 4, 2, 2, 0x83, 1, 2, 0x99, 1, 0}}
	getNonce := apdu.Command{CLA: 0x10, INS: 0x86, Data: []byte{0x7C, 0}, Ne: 256}
	for name, x := range map[string]struct {
		before []apdu.Command
		last   apdu.Command
		want   apdu.Status
	}{
		"no MSE":                {nil, getNonce, apdu.ErrConditions},
		"token before the key":  {[]apdu.Command{setAT, getNonce}, apdu.Command{INS: 0x86, Data: tlv.Encode(0x7C, tlv.Encode(0x85, make([]byte, 8)))}, apdu.ErrConditions},
		"key before mapping":    {[]apdu.Command{setAT, getNonce}, apdu.Command{CLA: 0x10, INS: 0x86, Data: tlv.Encode(0x7C, tlv.Encode(0x83, make([]byte, 65)))}, apdu.ErrWrongData},
		"nonce without chain":   {[]apdu.Command{setAT}, apdu.Command{INS: 0x86, Data: []byte{0x7C, 0}, Ne: 256}, apdu.ErrConditions},
		"after an error":        {[]apdu.Command{setAT, {CLA: 0x10, INS: 0x86, Data: []byte{0x7D, 0}}}, getNonce, apdu.ErrConditions},
		"P1-P2":                 {[]apdu.Command{setAT}, apdu.Command{CLA: 0x10, INS: 0x86, P1: 1, Data: []byte{0x7C, 0}}, apdu.ErrWrongP1P2},
		"another instruction":   {nil, apdu.Command{INS: 0xB0}, apdu.ErrINS},
		"MSE without mechanism": {nil, apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: []byte{0x83, 1, 2}}, apdu.ErrWrongData},
		"MSE malformed":         {nil, apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: []byte{0x80, 10}}, apdu.ErrWrongData},
		"MSE other protocol":    {nil, apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: []byte{0x80, 10, 4, 0, 0x7F, 0, 7, 2, 2, 4, 2, 3, 0x83, 1, 2}}, apdu.ErrWrongData},
		"MSE other domain":      {nil, apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: append(bytes.Clone(setAT.Data), 0x84, 1, 13)}, apdu.ErrNotFound},
	} {
		chip := gmChip(t, pace.CAN("1"))
		for i, cmd := range x.before {
			if r, _ := chip.Handle(cmd); i == 0 && r.SW != apdu.OK {
				t.Fatalf("%s: MSE %v", name, r.SW)
			}
		}
		if r, s := chip.Handle(x.last); r.SW != x.want || s != nil {
			t.Errorf("%s: %v, want %v", name, r.SW, x.want)
		}
	}
}

// A recorded run played to the chip again meets another nonce.
func TestReplayedTerminal(t *testing.T) {
	var commands []apdu.Command
	c := &card{t: t, chip: gmChip(t, pace.CAN("1")), before: func(_ int, cmd *apdu.Command) { commands = append(commands, *cmd) }}
	if _, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1")); err != nil {
		t.Fatal(err)
	}
	if len(commands) != 5 {
		t.Fatalf("%d commands", len(commands))
	}
	var last apdu.Response
	var session *sm.Chip
	for _, cmd := range commands {
		last, session = c.chip.Handle(cmd)
	}
	if last.SW != apdu.ErrAuthFailed || session != nil {
		t.Errorf("replay: %v", last.SW)
	}
	if r, _ := c.chip.Handle(commands[4]); r.SW != apdu.ErrConditions {
		t.Errorf("token alone: %v", r.SW)
	}
}

// An answer outside secure messaging ends the session.
func TestUnprotectedAfterwards(t *testing.T) {
	c := &card{t: t, chip: gmChip(t, pace.CAN("1"))}
	res, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1"))
	if err != nil {
		t.Fatal(err)
	}
	c.session.Close()
	if _, err := res.Channel.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 4}); !errors.Is(err, sm.ErrUnprotected) {
		t.Errorf("%v, want %v", err, sm.ErrUnprotected)
	}
}
