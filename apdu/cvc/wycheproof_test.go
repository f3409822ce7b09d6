package cvc_test

import (
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// Certificates carry plain signatures. A published one in DER is refused, be
// it valid in its own form or not.
func TestWycheproofPlainSignatures(t *testing.T) {
	algorithms := map[string]cvc.Algorithm{
		"SHA-224": cvc.ECDSASHA224, "SHA-256": cvc.ECDSASHA256, "SHA-384": cvc.ECDSASHA384, "SHA-512": cvc.ECDSASHA512,
	}
	for _, v := range vectors.Signatures(t) {
		c, err := ecc.ByName(v.Curve)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range v.Files {
			for _, g := range f.Groups {
				pub, err := ecc.ParsePoint(c, g.Public)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range g.Tests {
					t.Run(v.Curve+" "+f.Form+" "+s.String(), func(t *testing.T) {
						err := algorithms[v.Hash].Verify(pub, g.Message(s), s.Sig)
						if valid := s.Result == "valid" && f.Form == "p1363"; valid != (err == nil) || !valid && !errors.Is(err, cvc.ErrSignature) {
							t.Errorf("%v", err)
						}
					})
				}
			}
		}
	}
}
