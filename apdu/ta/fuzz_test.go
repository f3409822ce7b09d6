package ta_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/ta"
)

// Whatever the terminal sends: no panic, and no rights.
func FuzzTerminalCommands(f *testing.F) {
	fam := newFamily(f, cvc.ECDSASHA256, ecc.P256())
	f.Add(byte(0xB6), []byte("\x83\x0bUTCVCA00001"), fam.dv.cert.Parts(), []byte("\x83\x09UTDV00001"), fam.is.cert.Parts(), make([]byte, 64))
	f.Add(byte(0xA4), []byte("\x83\x09UTIS00001"), []byte{0x7F, 0x4E, 0}, []byte{}, []byte{0x5F, 0x37, 0}, []byte{})
	date := day(f, "2026-01-15")
	f.Fuzz(func(t *testing.T, p2 byte, dst, dv, dst2, is, sig []byte) {
		store, err := cvc.NewStore(date, fam.root.key)
		if err != nil {
			t.Fatal(err)
		}
		chip, err := ta.NewChip(ta.ChipConfig{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		if err := chip.Bind(ta.Binding{ChipID: chipID, Ephemeral: ephemeral}); err != nil {
			t.Fatal(err)
		}
		for _, cmd := range []apdu.Command{
			{INS: 0x22, P1: 0x81, P2: p2, Data: dst}, {INS: 0x2A, P2: 0xBE, Data: dv},
			{INS: 0x22, P1: 0x81, P2: 0xB6, Data: dst2}, {INS: 0x2A, P2: 0xBE, Data: is},
			setAT("UTIS00001"), getChallenge, {INS: 0x82, Data: sig},
		} {
			chip.Handle(cmd)
		}
		if chip.MayRead(3) || chip.MayRead(4) {
			t.Fatal("rights without a signature")
		}
	})
}

// Whatever the chip answers: no panic, and an outcome.
func FuzzChipAnswers(f *testing.F) {
	fam := newFamily(f, cvc.ECDSASHA256, ecc.P256())
	f.Add([]byte{0x90, 0}, append(make([]byte, 8), 0x90, 0), []byte{0x63, 0})
	p := fam.params()
	f.Fuzz(func(t *testing.T, plain, challenge, last []byte) {
		ch := apdu.NewChannel(transmit(func(b []byte) []byte {
			switch b[1] {
			case 0x84:
				return challenge
			case 0x82:
				return last
			}
			return plain
		}))
		res, err := ta.Run(context.Background(), ch, p)
		// 61xx has the channel ask for more, and that is answered with plain.
		ok := bytes.HasSuffix(last, []byte{0x90, 0}) || len(last) >= 2 && last[len(last)-2] == 0x61
		if (err == nil) != (res != nil) || err == nil && !ok {
			t.Fatalf("%v %v", res, err)
		}
	})
}

type transmit func([]byte) []byte

func (f transmit) Transmit(_ context.Context, b []byte) ([]byte, error) { return f(b), nil }
