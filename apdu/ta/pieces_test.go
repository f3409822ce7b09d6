package ta_test

import (
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/ta"
)

// shortReader carries short APDUs alone.
type shortReader struct{ *card }

func (shortReader) MaxCommand() int  { return 261 }
func (shortReader) MaxResponse() int { return 258 }

// under is secure messaging of newCard's keys over a reader.
func under(t *testing.T, r apdu.Transmitter) *sm.Channel {
	t.Helper()
	ch, err := sm.New(apdu.NewChannel(r), mac.AES128, mac.DeriveICAO([]byte{1}, 1, mac.AES128), mac.DeriveICAO([]byte{1}, 2, mac.AES128), nil)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// What does not fit goes in pieces: because of the reader, because the chip says
// so, because it answers 6700. Every piece is a protected short command.
func TestPieces(t *testing.T) {
	for name, x := range map[string]struct {
		a     cvc.Algorithm
		curve *ecc.Curve
		run   func(*card, *ta.Params) *sm.Channel
		long  int // extended commands that are sent anyway
	}{
		"reader, RSA":   {cvc.RSAPSSSHA512, nil, func(c *card, _ *ta.Params) *sm.Channel { return under(t, shortReader{c}) }, 0},
		"reader, ECDSA": {cvc.ECDSASHA512, ecc.BrainpoolP512r1(), func(c *card, _ *ta.Params) *sm.Channel { return under(t, shortReader{c}) }, 0},
		"chip says so":  {cvc.RSAPSSSHA512, nil, func(c *card, p *ta.Params) *sm.Channel { p.MaxCommand = 261; return under(t, c) }, 0},
		"chip takes it": {cvc.RSAPSSSHA512, nil, func(c *card, p *ta.Params) *sm.Channel { p.MaxCommand = 600; return under(t, c) }, 2},
		"chip refuses": {cvc.RSAPSSSHA512, nil, func(c *card, _ *ta.Params) *sm.Channel {
			c.limit = 255
			return under(t, c)
		}, 2},
	} {
		f := newFamily(t, x.a, x.curve)
		card, _ := newCard(t, f.store("2026-01-15"))
		p := f.params()
		ch := x.run(card, &p)
		if _, err := ta.Run(context.Background(), ch, p); err != nil {
			t.Errorf("%s: %v (%v)", name, err, card.chip.Refusal())
			continue
		}
		long, pieces := 0, 0
		for i, cmd := range card.raw {
			if cmd.IsExtended() {
				long++
			}
			if card.seen[i].CLA&apdu.ClassChaining != 0 {
				pieces++
			}
		}
		if long != x.long || (pieces == 0) != (name == "chip takes it") || !card.chip.MayRead(3) {
			t.Errorf("%s: %d extended, %d pieces", name, long, pieces)
		}
	}
}

// A certificate that cannot be kept has not been verified: the trust point and
// the date stay what they are.
func TestNotKept(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	store := f.store("2026-01-15")
	full := errors.New("memory full")
	chip, err := ta.NewChip(ta.ChipConfig{Store: store, Changed: func(*cvc.Store) error { return full }})
	if err != nil {
		t.Fatal(err)
	}
	if err := chip.Bind(ta.Binding{ChipID: chipID, Ephemeral: ephemeral}); err != nil {
		t.Fatal(err)
	}
	link := f.issue(f.root, "UTCVCA00002", "2026-02-01", "2029-01-31", cvc.RoleCVCA, cvc.ReadDG3)
	for _, c := range []*cvc.Certificate{link.cert, f.dv.cert} {
		for _, cmd := range []apdu.Command{
			{INS: 0x22, P1: 0x81, P2: 0xB6, Data: append([]byte{0x83, 11}, "UTCVCA00001"...)},
			{INS: 0x2A, P2: 0xBE, Data: c.Parts()},
		} {
			r := chip.Handle(cmd)
			if want := map[byte]apdu.Status{0x22: apdu.OK, 0x2A: apdu.ErrMemory}[cmd.INS]; r.SW != want {
				t.Errorf("%02X: %v, %v", cmd.INS, r.SW, chip.Refusal())
			}
		}
		if !errors.Is(chip.Refusal(), full) {
			t.Errorf("refused because of %v", chip.Refusal())
		}
		if refs := store.References(); len(refs) != 1 || store.Date() != day(t, "2026-01-15") {
			t.Errorf("trust points %v, date %v", refs, store.Date())
		}
	}
	if r := chip.Handle(apdu.Command{INS: 0x22, P1: 0x81, P2: 0xB6, Data: append([]byte{0x83, 9}, "UTDV00001"...)}); r.SW == apdu.OK {
		t.Error("the key of a refused certificate can be selected")
	}
}
