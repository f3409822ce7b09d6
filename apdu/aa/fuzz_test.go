package aa_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// FuzzChipAnswers: whatever a chip answers to INTERNAL AUTHENTICATE, the first and
// the second time: no panic, no more than two attempts, and nothing is proven.
func FuzzChipAnswers(f *testing.F) {
	n := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 2048), big.NewInt(1942289))
	public := map[bool]crypto.PublicKey{true: &rsa.PublicKey{N: n, E: 65537}, false: ecc.P256().Generator()}
	full := append(make([]byte, 256), 0x90, 0x00)
	f.Add(true, full, full)
	f.Add(true, []byte{0x67, 0x00}, full)
	f.Add(true, append(make([]byte, 231), 0x90, 0x00), []byte{0x90, 0x00})
	f.Add(true, []byte{0x61, 0x00}, full)
	f.Add(false, append(make([]byte, 64), 0x90, 0x00), []byte{0x6A, 0x80})
	f.Add(false, []byte{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x90, 0x00}, []byte{})
	f.Fuzz(func(t *testing.T, isRSA bool, first, second []byte) {
		sent := 0
		ch := apdu.NewChannel(extended{transmit(func(b []byte) []byte {
			if b[1] == 0x88 {
				sent++
			}
			if sent > 1 {
				return second
			}
			return first
		})})
		res, err := aa.Run(context.Background(), ch, aa.Params{Public: public[isRSA], Hash: crypto.SHA256})
		if err == nil || res != nil {
			t.Fatal("a forged signature is accepted")
		}
		// A second one for a long signature; each may be said twice: 6Cxx, or
		// short after extended length.
		if sent > 4 || !isRSA && sent > 2 {
			t.Errorf("asked %d times: %v", sent, err)
		}
		if errors.Is(err, aa.ErrKey) || errors.Is(err, aa.ErrHash) {
			t.Errorf("the chip's answer makes the key unfit: %v", err)
		}
	})
}
