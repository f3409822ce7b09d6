package sm_test

import (
	"context"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// Whatever the chip answers: no panic, and nothing passes without the key.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{0x90, 0x00})
	f.Add([]byte{0x99, 2, 0x90, 0, 0x8E, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x90, 0})
	f.Add([]byte{0x87, 9, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x99, 2, 0x90, 0, 0x8E, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x90, 0})
	f.Add([]byte{0x85, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x90, 0})
	f.Fuzz(func(t *testing.T, answer []byte) {
		if len(answer) < 2 {
			return
		}
		for _, c := range []mac.Cipher{mac.TDES, mac.AES256} {
			enc, macKey := testKeys(c)
			ch, err := sm.New(wire(func([]byte) []byte { return answer }), c, enc, macKey, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 4}); err == nil {
				t.Fatalf("forged answer accepted: %v", r.SW)
			}
		}
	})
}

// Whatever the terminal sends.
func FuzzCommand(f *testing.F) {
	f.Add([]byte{0x0C, 0xB0, 0, 0, 0x0D, 0x97, 1, 4, 0x8E, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0})
	f.Add([]byte{0x0C, 0xB1, 0, 0, 0, 0, 4, 0x85, 2, 1, 1})
	f.Add([]byte{0x00, 0xA4, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		cmd, err := apdu.ParseCommand(b)
		if err != nil {
			return
		}
		for _, c := range []mac.Cipher{mac.TDES, mac.AES128} {
			enc, macKey := testKeys(c)
			chip, err := sm.NewChip(c, enc, macKey, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := chip.Unwrap(cmd); err == nil {
				t.Fatal("forged command accepted")
			}
		}
	})
}
