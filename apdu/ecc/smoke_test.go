package ecc

import (
	"crypto/sha256"
	"testing"
)

func TestSmoke(t *testing.T) {
	d := sha256.Sum256([]byte("x"))
	for _, c := range All() {
		k, err := GenerateKey(c, nil)
		if err != nil {
			t.Fatal(c, err)
		}
		s, err := k.Sign(nil, d[:], nil)
		if err != nil || !VerifyASN1(k.PublicKey(), d[:], s) {
			t.Fatal(c, err)
		}
		for _, e := range []bool{true, false} {
			der, err := MarshalSPKI(k.PublicKey(), e)
			if err != nil {
				t.Fatal(err)
			}
			p, x, err := ParseSPKI(der)
			if err != nil || x != e || !p.Equal(k.Public()) {
				t.Fatal(c, e, err)
			}
		}
		t.Log(c, k, c.ScalarLen())
	}
}
