package pace_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
)

var one = big.NewInt(1)

// Whatever the chip answers in the five steps: no panic, and no session.
func FuzzChipAnswers(f *testing.F) {
	for _, r := range runs(f) {
		if len(r.Exchange) == 5 {
			f.Add(uint8(0), []byte(r.Exchange[0].Response), []byte(r.Exchange[1].Response), []byte(r.Exchange[2].Response), []byte(r.Exchange[3].Response), []byte(r.Exchange[4].Response))
		}
	}
	f.Add(uint8(3), []byte{0x63, 0xC1}, []byte{0x7C, 0, 0x90, 0}, []byte{0x90, 0}, []byte{0x90, 0}, []byte{0x90, 0})
	ps := protocols()
	f.Fuzz(func(t *testing.T, n uint8, a, b, c, d, e []byte) {
		proto := ps[int(n)%len(ps)]
		p := pace.Params{OID: protocolOID(t, proto), ParameterID: 0}
		if proto.Curve {
			p.ParameterID = 12
		}
		answers := [][]byte{a, b, c, d, e}
		i := -1
		ch := apdu.NewChannel(transmit(func([]byte) []byte { i++; return answers[i%len(answers)] }))
		if _, err := pace.Run(context.Background(), ch, p, pace.CAN("1")); err == nil {
			t.Fatal("forged answers accepted")
		}
	})
}

// Whatever the terminal sends: no panic, and no session.
func FuzzTerminalCommands(f *testing.F) {
	for _, r := range runs(f) {
		if len(r.Exchange) == 5 {
			f.Add([]byte(r.Exchange[0].Command), []byte(r.Exchange[1].Command), []byte(r.Exchange[2].Command), []byte(r.Exchange[3].Command), []byte(r.Exchange[4].Command))
		}
	}
	f.Fuzz(func(t *testing.T, a, b, c, d, e []byte) {
		chip := newChip(t, pace.ChipConfig{Offers: []pace.Params{gm(t)}, Passwords: []pace.Password{pace.MRZ("another")}})
		for _, raw := range [][]byte{a, b, c, d, e} {
			cmd, err := apdu.ParseCommand(raw)
			if err != nil {
				continue
			}
			if _, s := chip.Handle(cmd); s != nil {
				t.Fatal("forged commands accepted")
			}
		}
	})
}
