package ecc

import "testing"

func benchEach(b *testing.B, f func(b *testing.B, c *Curve, k *PrivateKey)) {
	for _, c := range All() {
		k, err := GenerateKey(c, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.Name(), func(b *testing.B) { f(b, c, k) })
	}
}

func BenchmarkVerify(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Curve, k *PrivateKey) {
		digest := make([]byte, c.scalarLen)
		digest[0] = 1
		sig, err := k.Sign(nil, digest, nil)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if !VerifyASN1(k.PublicKey(), digest, sig) {
				b.Fatal("does not verify")
			}
		}
	})
}

func BenchmarkSign(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Curve, k *PrivateKey) {
		digest := make([]byte, c.scalarLen)
		for b.Loop() {
			if _, err := k.Sign(nil, digest, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkScalarMult(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Curve, k *PrivateKey) {
		p, d := k.PublicKey(), k.Bytes()
		for b.Loop() {
			if _, err := c.ScalarMult(p, d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkScalarBaseMult(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Curve, k *PrivateKey) {
		d := k.Bytes()
		for b.Loop() {
			if _, err := c.ScalarBaseMult(d); err != nil {
				b.Fatal(err)
			}
		}
	})
}
