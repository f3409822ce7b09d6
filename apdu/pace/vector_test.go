package pace_test

import (
	"bytes"
	"context"
	"io"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

type side struct {
	MapPrivate vectors.Hex `json:"map_private"`
	MapPublic  vectors.Hex `json:"map_public"`
	Private    vectors.Hex
	Public     vectors.Hex
	Token      vectors.Hex
	TokenInput vectors.Hex `json:"token_input"`
}

type exchange struct{ Command, Response vectors.Hex }

type run struct {
	Name, Protocol, MRZ, PIN string
	Domain                   int
	KPi                      vectors.Hex `json:"k_pi"`
	NonceS                   vectors.Hex `json:"nonce_s"`
	NonceZ                   vectors.Hex `json:"nonce_z"`
	NonceT                   vectors.Hex `json:"nonce_t"`
	R                        vectors.Hex `json:"r_st"`
	Terminal, Chip           side
	SharedH                  vectors.Hex `json:"shared_h"`
	Generator                vectors.Hex
	SharedK                  vectors.Hex `json:"shared_k"`
	KSEnc                    vectors.Hex `json:"ks_enc"`
	KSMac                    vectors.Hex `json:"ks_mac"`
	CARs                     []string
	CAM                      *struct {
		StaticPublic vectors.Hex `json:"static_public"`
		Data         vectors.Hex
		Encrypted    vectors.Hex
	}
	Exchange []exchange
}

// runs are the examples of Doc 9303-11 (8th ed.), G to I, and that of the EAC
// worked example.
func runs(t testing.TB) []run {
	var v struct{ Runs []run }
	vectors.Load(t, "pace.json", &v)
	if len(v.Runs) != 5 {
		t.Fatalf("%d runs, want 5", len(v.Runs))
	}
	var eac run
	vectors.Load(t, "eac2_ecdh.json", &eac)
	eac.Name = "EAC worked example"
	return append(v.Runs, eac)
}

func (r run) password() pace.Password {
	switch {
	case r.MRZ != "":
		return pace.MRZ(r.MRZ)
	case r.PIN != "":
		return pace.PIN(r.PIN)
	}
	return pace.FixedMRZ(r.KPi)
}

// scalar is a private key as random numbers give it: as many bytes as the
// order, and for H.2, whose exponents are as long as the modulus, reduced.
func scalar(d *domain.Parameters, b []byte) []byte {
	x := new(big.Int).SetBytes(b)
	x.Mod(x, d.Order())
	return x.FillBytes(make([]byte, (d.Order().BitLen()+7)/8))
}

// random gives the numbers that one side draws, in order.
func random(d *domain.Parameters, first []byte, s side) io.Reader {
	b := bytes.Clone(first)
	if len(s.MapPrivate) != 0 {
		b = append(b, scalar(d, s.MapPrivate)...)
	}
	return bytes.NewReader(append(b, scalar(d, s.Private)...))
}

func (r run) params(t testing.TB) pace.Params {
	// The examples leave DO 84 out: the parameters are not ambiguous.
	return pace.Params{OID: oid(t, r.Protocol), ParameterID: pace.NoParameterID, Domain: standard(t, r.Domain)}
}

func (r run) chip(t testing.TB) *pace.Chip {
	cfg := pace.ChipConfig{Offers: []pace.Params{r.params(t)}, Passwords: []pace.Password{r.password()}, CARs: r.CARs}
	d := standard(t, r.Domain)
	if r.CAM != nil {
		cfg.StaticKey = r.staticKey(t)
	}
	c := newChip(t, cfg)
	c.SetRandom(random(d, r.NonceS, r.Chip))
	return c
}

// staticKey computes the private key that I.1 does not print: its data is
// mapping key times the inverse of it.
func (r run) staticKey(t testing.TB) *ecc.PrivateKey {
	t.Helper()
	d := standard(t, r.Domain)
	n := d.Order()
	x := new(big.Int).ModInverse(new(big.Int).SetBytes(r.CAM.Data), n)
	x.Mul(x, new(big.Int).SetBytes(r.Chip.MapPrivate)).Mod(x, n)
	k, err := ecc.NewPrivateKey(d.Curve(), x.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(k.PublicKey().Bytes(), r.CAM.StaticPublic) {
		t.Fatal("private key does not belong to the published public key")
	}
	return k
}

// The terminal, APDU by APDU, against the published answers.
func TestVectorsTerminal(t *testing.T) {
	replayed := 0
	for _, r := range runs(t) {
		if len(r.Exchange) == 0 {
			continue
		}
		replayed++
		t.Run(r.Name, func(t *testing.T) {
			i := 0
			ch := apdu.NewChannel(transmit(func(b []byte) []byte {
				if !bytes.Equal(b, r.Exchange[i].Command) {
					t.Fatalf("command %d: %X, want %X", i, b, []byte(r.Exchange[i].Command))
				}
				i++
				return r.Exchange[i-1].Response
			}))
			res, err := pace.RunWith(context.Background(), ch, r.params(t), r.password(), random(standard(t, r.Domain), nil, r.Terminal))
			if err != nil {
				t.Fatal(err)
			}
			if i != 5 {
				t.Errorf("%d exchanges, want 5", i)
			}
			checkResult(t, r, res)
		})
	}
	if replayed != 3 {
		t.Errorf("%d runs replayed, want 3", replayed)
	}
}

func checkResult(t *testing.T, r run, res *pace.Result) {
	t.Helper()
	if !bytes.Equal(res.ChipEphemeral, r.Chip.Public) {
		t.Errorf("chip's key %X, want %X", res.ChipEphemeral, []byte(r.Chip.Public))
	}
	if !bytes.Equal(res.TerminalEphemeral, r.Terminal.Public) {
		t.Errorf("our key %X, want %X", res.TerminalEphemeral, []byte(r.Terminal.Public))
	}
	if len(res.CARs) != len(r.CARs) || len(r.CARs) > 0 && res.CARs[0] != r.CARs[0] {
		t.Errorf("references %q, want %q", res.CARs, r.CARs)
	}
	if (res.CAM != nil) != (r.CAM != nil) {
		t.Fatalf("chip authentication mapping: %v", res.CAM)
	}
	if r.CAM == nil {
		return
	}
	if !bytes.Equal(res.CAM.Data(), r.CAM.Data) {
		t.Errorf("data %X, want %X", res.CAM.Data(), []byte(r.CAM.Data))
	}
	static, err := ecc.ParsePoint(standard(t, r.Domain).Curve(), r.CAM.StaticPublic)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.CAM.Verify(static); err != nil {
		t.Error(err)
	}
}

// The chip, APDU by APDU, against the published commands. G.2 prints a CAR that
// a chip of ours sends only to a terminal with a CHAT, so its last answer is
// compared without.
func TestVectorsChip(t *testing.T) {
	for _, r := range runs(t) {
		if len(r.Exchange) == 0 {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			c := r.chip(t)
			for i, x := range r.Exchange {
				cmd, err := apdu.ParseCommand(x.Command)
				if err != nil {
					t.Fatal(err)
				}
				got, session := c.Handle(cmd)
				want := []byte(x.Response)
				if last := i == len(r.Exchange)-1; last && len(r.CARs) > 0 {
					want = append(tlv.Encode(0x7C, tlv.Encode(0x86, r.Chip.Token)), 0x90, 0x00)
				} else if last != (session != nil) {
					t.Errorf("answer %d: session %v", i, session)
				}
				if !bytes.Equal(got.Encode(), want) {
					t.Fatalf("answer %d: %X, want %X", i, got.Encode(), want)
				}
			}
			if !bytes.Equal(c.TerminalEphemeral(), r.Terminal.Public) {
				t.Error("chip reports another key of the terminal")
			}
			if !bytes.Equal(c.Ephemeral(), r.Chip.Public) {
				t.Error("chip reports another ephemeral key")
			}
		})
	}
}

// Every run with both sides of ours under the published random numbers: what
// goes over the wire is what is published, in H without APDUs too.
func TestVectorsBothSides(t *testing.T) {
	for _, r := range runs(t) {
		t.Run(r.Name, func(t *testing.T) {
			c := &card{t: t, chip: r.chip(t)}
			seen := map[tlv.Tag][]byte{}
			note := func(b []byte) {
				n, _, err := tlv.Parse(b)
				if err != nil {
					return
				}
				nodes, _ := n.Children()
				for _, x := range nodes {
					seen[x.Tag] = bytes.Clone(x.Value)
				}
			}
			c.before = func(step int, cmd *apdu.Command) {
				if step > 0 {
					note(cmd.Data)
				}
			}
			c.mangle = func(step int, resp *apdu.Response) {
				if step > 0 {
					note(resp.Data)
				}
			}
			rnd := random(standard(t, r.Domain), r.NonceT, r.Terminal)
			res, err := pace.RunWith(context.Background(), apdu.NewChannel(c), r.params(t), r.password(), rnd)
			if err != nil {
				t.Fatal(err)
			}
			mapTerminal := []byte(r.Terminal.MapPublic)
			if len(r.NonceT) != 0 {
				mapTerminal = r.NonceT
			}
			for tag, want := range map[tlv.Tag][]byte{
				0x80: r.NonceZ, 0x81: mapTerminal, 0x82: r.Chip.MapPublic, 0x83: r.Terminal.Public, 0x84: r.Chip.Public,
				0x85: r.Terminal.Token, 0x86: r.Chip.Token,
			} {
				if !bytes.Equal(seen[tag], want) {
					t.Errorf("object %v: %X, want %X", tag, seen[tag], want)
				}
			}
			if got, err := apdu.Do(context.Background(), res.Channel, apdu.Command{INS: 0xA4, Data: []byte("echo"), Ne: 4}); err != nil || string(got) != "echo" {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

// The values between, one by one.
func TestVectorsSchedule(t *testing.T) {
	for _, r := range runs(t) {
		t.Run(r.Name, func(t *testing.T) {
			d := standard(t, r.Domain)
			proto, err := pace.ParseOID(oid(t, r.Protocol))
			if err != nil {
				t.Fatal(err)
			}
			if len(r.KPi) != 0 && !bytes.Equal(r.password().Key(proto.Cipher), r.KPi) {
				t.Errorf("K_pi %X, want %X", r.password().Key(proto.Cipher), []byte(r.KPi))
			}
			gen := r.generator(t, d, proto)
			if !bytes.Equal(gen.Element().Bytes(), r.Generator) {
				t.Errorf("generator %X, want %X", gen.Element().Bytes(), []byte(r.Generator))
			}
			own, err := gen.NewKey(scalar(d, r.Terminal.Private))
			if err != nil {
				t.Fatal(err)
			}
			peer, err := d.ParsePublicKey(r.Chip.Public)
			if err != nil {
				t.Fatal(err)
			}
			k, err := own.Agree(peer)
			if err != nil || !bytes.Equal(k.Secret().Bytes(), r.SharedK) {
				t.Errorf("K differs (%v)", err)
			}
			enc := mac.DeriveICAO(k.Secret().Bytes(), mac.CounterENC, proto.Cipher)
			macKey := mac.DeriveICAO(k.Secret().Bytes(), mac.CounterMAC, proto.Cipher)
			if !bytes.Equal(enc.Bytes(), r.KSEnc) || !bytes.Equal(macKey.Bytes(), r.KSMac) {
				t.Error("session keys differ")
			}
			input, err := pace.TokenInput(oid(t, r.Protocol), peer)
			if want := r.Terminal.TokenInput; err != nil || len(want) != 0 && !bytes.Equal(input, want) {
				t.Errorf("token input %X (%v), want %X", input, err, []byte(want))
			}
		})
	}
}

func (r run) generator(t *testing.T, d *domain.Parameters, proto pace.Protocol) domain.Generator {
	t.Helper()
	if proto.Mapping == pace.Integrated {
		got, err := pace.PseudoRandom(proto.Cipher, r.NonceS, r.NonceT, d)
		if err != nil || !bytes.Equal(got, r.R) {
			t.Errorf("R(s,t) %X (%v), want %X", got, err, []byte(r.R))
		}
		gen, err := pace.IntegratedMap(d, proto.Cipher, r.NonceS, r.NonceT)
		if err != nil {
			t.Fatal(err)
		}
		return gen
	}
	own, err := d.Generator().NewKey(scalar(d, r.Terminal.MapPrivate))
	if err != nil {
		t.Fatal(err)
	}
	peer, err := d.ParsePublicKey(r.Chip.MapPublic)
	if err != nil {
		t.Fatal(err)
	}
	h, err := own.Agree(peer)
	if err != nil || !bytes.Equal(h.Element().Bytes(), r.SharedH) {
		t.Errorf("H differs (%v)", err)
	}
	gen, err := pace.GenericMap(d, r.NonceS, h)
	if err != nil {
		t.Fatal(err)
	}
	return gen
}
