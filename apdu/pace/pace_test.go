package pace_test

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

var allCiphers = []mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256}

// protocols are all object identifiers of Doc 9303-11 (8th ed.), 9.2.3.
func protocols() []pace.Protocol {
	var ps []pace.Protocol
	for _, c := range allCiphers {
		for _, m := range []pace.Mapping{pace.Generic, pace.Integrated} {
			ps = append(ps, pace.Protocol{Mapping: m, Cipher: c}, pace.Protocol{Curve: true, Mapping: m, Cipher: c})
		}
		if c != mac.TDES {
			ps = append(ps, pace.Protocol{Curve: true, Mapping: pace.ChipAuthentication, Cipher: c})
		}
	}
	return ps
}

// Our terminal against our chip: every protocol with every domain parameter
// that fits it.
func TestAllCombinations(t *testing.T) {
	n := 0
	static := map[*ecc.Curve]*ecc.PrivateKey{}
	for _, proto := range protocols() {
		for _, id := range domain.StandardIDs() {
			d := standard(t, id)
			p := pace.Params{OID: protocolOID(t, proto), ParameterID: id}
			if (d.Curve() != nil) != proto.Curve || d.Curve() == ecc.P224() && proto.Mapping == pace.Integrated {
				if err := p.Check(); !errors.Is(err, pace.ErrDomain) {
					t.Errorf("%v on %v: %v, want %v", proto, d, err, pace.ErrDomain)
				}
				continue
			}
			n++
			cfg := pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("123456")}}
			if proto.Mapping == pace.ChipAuthentication {
				if static[d.Curve()] == nil {
					k, err := ecc.GenerateKey(d.Curve(), nil)
					if err != nil {
						t.Fatal(err)
					}
					static[d.Curve()] = k
				}
				cfg.StaticKey = static[d.Curve()]
			}
			c := &card{t: t, chip: newChip(t, cfg)}
			res, err := pace.Run(context.Background(), apdu.NewChannel(extended{c}), p, pace.CAN("123456"))
			if err != nil {
				t.Errorf("%v on %v: %v", proto, d, err)
				continue
			}
			if got, err := apdu.Do(context.Background(), res.Channel, apdu.Command{INS: 0xA4, Data: []byte("echo"), Ne: 256}); err != nil || string(got) != "echo" {
				t.Errorf("%v on %v: %q %v", proto, d, got, err)
			}
			if res.Channel.Cipher() != proto.Cipher || !bytes.Equal(res.ChipEphemeral, c.chip.Ephemeral()) ||
				len(res.TerminalEphemeral) == 0 || !bytes.Equal(res.TerminalEphemeral, c.chip.TerminalEphemeral()) || c.chip.Protocol() != proto || c.chip.Reference() != pace.ReferenceCAN {
				t.Errorf("%v on %v: result does not describe the run", proto, d)
			}
			if cfg.StaticKey != nil {
				if err := res.CAM.Verify(cfg.StaticKey.Public()); err != nil {
					t.Errorf("%v on %v: %v", proto, d, err)
				}
			}
		}
	}
	if n != 4*11+4*10+3*11+4*3+4*3 {
		t.Errorf("%d combinations", n)
	}
}

// gm is the protocol of most tests here.
func gm(t testing.TB) pace.Params {
	return pace.Params{OID: protocolOID(t, pace.Protocol{Curve: true, Mapping: pace.Generic, Cipher: mac.AES128}), ParameterID: 12}
}

func gmChip(t testing.TB, pws ...pace.Password) *pace.Chip {
	return newChip(t, pace.ChipConfig{Offers: []pace.Params{gm(t)}, Passwords: pws})
}

// A reader without extended length carries keys of 2,048 bits by chaining.
func TestLongKeysShortAPDUs(t *testing.T) {
	p := pace.Params{OID: protocolOID(t, pace.Protocol{Mapping: pace.Generic, Cipher: mac.AES128}), ParameterID: 2}
	c := &card{t: t, chip: newChip(t, pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("1")}})}
	longest := 0
	ch := apdu.NewChannel(transmit(func(b []byte) []byte {
		longest = max(longest, len(b))
		r, _ := c.Transmit(context.Background(), b)
		return r
	}))
	if _, err := pace.Run(context.Background(), ch, p, pace.CAN("1")); err != nil {
		t.Fatal(err)
	}
	if longest > 261 {
		t.Errorf("command of %d bytes", longest)
	}
}

// DO 84 goes out whenever the identifier is known, CHAT when there is one.
func TestSetATObjects(t *testing.T) {
	for _, x := range []struct {
		id   int
		chat []byte
		want string
	}{
		{12, nil, "800a04007f00070202040202830102" + "84010c"},
		{pace.NoParameterID, nil, "800a04007f00070202040202830102"},
		{12, []byte{6, 1, 1, 0x53, 1, 0xFF}, "800a04007f00070202040202830102" + "84010c" + "7f4c060601015301ff"},
	} {
		var got []byte
		ch := apdu.NewChannel(transmit(func(b []byte) []byte { got = b; return []byte{0x6A, 0x80} }))
		p := pace.Params{OID: gm(t).OID, ParameterID: x.id, Domain: standard(t, 12), CHAT: x.chat}
		_, err := pace.Run(context.Background(), ch, p, pace.CAN("1"))
		if !errors.Is(err, apdu.ErrWrongData) || errors.Is(err, pace.ErrDenied) {
			t.Errorf("%v", err)
		}
		if hex.EncodeToString(got[5:]) != x.want {
			t.Errorf("%x, want %s", got[5:], x.want)
		}
	}
}

func TestCARsOnlyWithCHAT(t *testing.T) {
	for _, chat := range [][]byte{nil, {6, 1, 1, 0x53, 1, 0xFF}} {
		p := gm(t)
		p.CHAT = chat
		c := &card{t: t, chip: newChip(t, pace.ChipConfig{Offers: []pace.Params{gm(t)}, Passwords: []pace.Password{pace.CAN("1")}, CARs: []string{"UTCVCA00002", "UTCVCA00001", "UTCVCA00000"}})}
		res, err := pace.Run(context.Background(), apdu.NewChannel(c), p, pace.CAN("1"))
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if chat != nil {
			want = "UTCVCA00002 UTCVCA00001"
		}
		if got := strings.Join(res.CARs, " "); got != want || !bytes.Equal(c.chip.CHAT(), chat) {
			t.Errorf("references %q, want %q", got, want)
		}
	}
}

// PACE with the PIN inside the session of the CAN (TR-03110-2, suspended PIN).
func TestSecondPasswordInsideSession(t *testing.T) {
	c := &card{t: t, chip: gmChip(t, pace.CAN("1"), pace.PIN("2"))}
	first, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := pace.Run(context.Background(), first.Channel, gm(t), pace.PIN("2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apdu.Do(context.Background(), second.Channel, apdu.Command{INS: 0xA4}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Channel.Send(context.Background(), apdu.Command{INS: 0xA4}); !errors.Is(err, sm.ErrClosed) {
		t.Errorf("first session lives on: %v", err)
	}
}

// The owner's try counter: asked before, told after, and its status reaches the
// terminal.
func TestTryCounter(t *testing.T) {
	tries := 3
	cfg := pace.ChipConfig{
		Offers: []pace.Params{gm(t)}, Passwords: []pace.Password{pace.PIN("right")},
		Admit: func(r pace.Reference) apdu.Status {
			if r != pace.ReferencePIN {
				t.Errorf("asked about %v", r)
			}
			switch tries {
			case 3:
				return apdu.OK
			case 0:
				return apdu.ErrAuthBlocked
			}
			return apdu.Status(0x63C0 + tries)
		},
		Outcome: func(_ pace.Reference, ok bool) apdu.Status {
			if ok {
				tries = 3
				return apdu.OK
			}
			tries--
			return apdu.Status(0x63C0 + tries)
		},
	}
	chip := newChip(t, cfg)
	try := func(pin string) error {
		_, err := pace.Run(context.Background(), apdu.NewChannel(&card{t: t, chip: chip}), gm(t), pace.PIN(pin))
		return err
	}
	for i, x := range []struct {
		pin   string
		left  int // -1: the run succeeds
		state error
		tried bool
	}{
		{"wrong", 2, nil, true}, {"right", -1, nil, false}, {"wrong", 2, nil, true}, {"wrong", 1, pace.ErrSuspended, true},
		// The last try is not spent without the CAN, not even on the right one.
		{"right", 1, pace.ErrSuspended, false}, {"wrong", 1, pace.ErrSuspended, false},
	} {
		wantDenied(t, i, try(x.pin), x.left, x.state, x.tried)
	}
	tries = 0
	wantDenied(t, 100, try("right"), 0, pace.ErrBlocked, false)
}

// wantDenied wants a run that succeeds (left -1), or that is refused with so many
// tries left, in a state of the password.
func wantDenied(t *testing.T, i int, err error, left int, state error, tried bool) {
	t.Helper()
	if left < 0 {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
		return
	}
	var denied *pace.DeniedError
	if !errors.Is(err, pace.ErrDenied) || !errors.As(err, &denied) {
		t.Fatalf("%d: %v, want %v", i, err, pace.ErrDenied)
	}
	if n, ok := denied.Tries(); !ok || n != left || denied.Tried != tried || denied.Password != pace.ReferencePIN {
		t.Errorf("%d: %d tries (%v), want %d; tried %v", i, n, ok, left, denied.Tried)
	}
	for _, s := range []error{pace.ErrSuspended, pace.ErrBlocked, pace.ErrDeactivated} {
		if errors.Is(err, s) != (s == state) {
			t.Errorf("%d: %v is %v: %v", i, err, s, errors.Is(err, s))
		}
	}
}

// What a chip says of a PIN's state before it has seen any, when it is selected and
// when the nonce is asked for (TR-03110-3 v2.21, B.14.1 and B.14.2). Of a CAN the
// same statuses say nothing.
func TestPasswordStates(t *testing.T) {
	for _, x := range []struct {
		sw    apdu.Status
		state error
	}{
		{0x6985, pace.ErrSuspended}, {0x6984, pace.ErrDeactivated}, {0x6283, pace.ErrDeactivated}, {0x6983, pace.ErrBlocked}, {0x63C0, pace.ErrBlocked}, {0x63C1, pace.ErrSuspended},
		{0x6982, nil},
	} {
		for step := range 2 {
			mangle := func(at int, r *apdu.Response) {
				if at == step {
					*r = apdu.Response{SW: x.sw}
				}
			}
			c := &card{t: t, chip: gmChip(t, pace.PIN("1")), mangle: mangle}
			_, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.PIN("1"))
			var denied *pace.DeniedError
			if !errors.As(err, &denied) || denied.Tried || x.state != nil && !errors.Is(err, x.state) {
				t.Errorf("%04X at step %d: %v", uint16(x.sw), step, err)
			}
			c = &card{t: t, chip: gmChip(t, pace.CAN("1")), mangle: mangle}
			if _, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1")); errors.Is(err, pace.ErrSuspended) || errors.Is(err, pace.ErrDeactivated) {
				t.Errorf("CAN, %04X at step %d: %v", uint16(x.sw), step, err)
			}
		}
	}
}

// The statuses with which chips refuse a token, and what they become.
func TestDenialStatuses(t *testing.T) {
	for sw, denied := range map[apdu.Status]bool{
		0x6300: true, 0x63C2: true, 0x63C0: true, 0x91AE: true, 0x9100: true, 0x6982: true, 0x6983: true, 0x6985: true, 0x6A80: true, 0x6988: true,
		0x6D00: false, 0x6700: false, 0x6F00: false, 0x6282: false,
	} {
		c := &card{t: t, chip: gmChip(t, pace.CAN("1")), mangle: func(step int, r *apdu.Response) {
			if step == 4 {
				*r = apdu.Response{SW: sw}
			}
		}}
		_, err := pace.Run(context.Background(), apdu.NewChannel(c), gm(t), pace.CAN("1"))
		if errors.Is(err, pace.ErrDenied) != denied || !errors.Is(err, sw) {
			t.Errorf("%04X: %v", uint16(sw), err)
		}
	}
}

func TestExplicitDomain(t *testing.T) {
	curve := standard(t, 13)
	if err := (pace.Params{OID: gm(t).OID, ParameterID: 40, Domain: curve}).Check(); err != nil {
		t.Errorf("known curve under a local identifier: %v", err)
	}
	// A group nobody vouches for: RFC 5114's modulus with another generator.
	g := standard(t, 2).Group()
	other, err := domain.NewGroup(g.P(), g.Q(), new(big.Int).Exp(g.G(), big.NewInt(2), g.P()))
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := domain.OfGroup(other)
	if err != nil {
		t.Fatal(err)
	}
	dh := protocolOID(t, pace.Protocol{Mapping: pace.Generic, Cipher: mac.AES128})
	for name, p := range map[string]pace.Params{
		"unknown group":            {OID: dh, ParameterID: 40, Domain: unknown},
		"reserved id, other curve": {OID: gm(t).OID, ParameterID: 12, Domain: curve},
		"RFU id":                   {OID: gm(t).OID, ParameterID: 5},
		"no parameters at all":     {OID: gm(t).OID, ParameterID: pace.NoParameterID},
		"id out of range":          {OID: gm(t).OID, ParameterID: 300, Domain: curve},
		"group for a curve":        {OID: dh, ParameterID: 12},
	} {
		if err := p.Check(); !errors.Is(err, pace.ErrDomain) {
			t.Errorf("%s: %v, want %v", name, err, pace.ErrDomain)
		}
	}
}

func TestOIDs(t *testing.T) {
	ps := protocols()
	if len(ps) != 19 {
		t.Fatalf("%d protocols, want 19", len(ps))
	}
	seen := map[string]bool{}
	for _, p := range ps {
		o := protocolOID(t, p)
		back, err := pace.ParseOID(o)
		if err != nil || back != p {
			t.Errorf("%v: %v %v", o, back, err)
		}
		seen[o.String()] = true
	}
	if len(seen) != 19 {
		t.Error("identifiers collide")
	}
	for _, s := range []string{"0.4.0.127.0.7.2.2.4.6.1", "0.4.0.127.0.7.2.2.4.5.2", "0.4.0.127.0.7.2.2.4.2", "0.4.0.127.0.7.2.2.4.2.5", "0.4.0.127.0.7.2.2.4.2.0", "0.4.0.127.0.7.2.2.3.2.2", "1.2"} {
		if _, err := pace.ParseOID(oid(t, s)); !errors.Is(err, pace.ErrProtocol) {
			t.Errorf("%s: %v", s, err)
		}
	}
	if _, err := pace.ParseOID(asn1.ObjectIdentifier{}); !errors.Is(err, pace.ErrProtocol) {
		t.Error(err)
	}
	if _, err := (pace.Protocol{Mapping: pace.ChipAuthentication, Cipher: mac.AES128}).OID(); !errors.Is(err, pace.ErrProtocol) {
		t.Error(err)
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	pw := pace.CAN("271828")
	key := pw.Key(mac.AES128)
	chip := gmChip(t, pw)
	// Midway, the chip holds nonce and mapping key.
	chip.Handle(apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: append([]byte{0x80, 10, 4, 0, 0x7F, 0, 7, 2, 2, 4, 2, 2}, 0x83, 1, 2)})
	chip.Handle(apdu.Command{CLA: 0x10, INS: 0x86, Data: []byte{0x7C, 0}, Ne: 256})
	for _, v := range []any{pw, &pw, chip, *chip, struct{ p pace.Password }{pw}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
			s := strings.ToLower(fmt.Sprintf(verb, v))
			for _, k := range [][]byte{key, []byte("271828")} {
				if strings.Contains(s, hex.EncodeToString(k)) || strings.Contains(s, string(k)) || strings.Contains(s, strings.Trim(fmt.Sprint(k), "[]")) {
					t.Errorf("%s of %T prints a secret: %s", verb, v, s)
				}
			}
		}
	}
}
