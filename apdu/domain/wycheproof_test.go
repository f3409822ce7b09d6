package domain_test

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// What PACE and Chip Authentication agree on goes through this package: its
// readers of keys are as strict as those of ecc, and stricter.
func TestWycheproofECDH(t *testing.T) {
	for _, v := range vectors.Agreements(t) {
		c, err := ecc.ByName(v.Curve)
		if err != nil {
			t.Fatal(err)
		}
		p, err := domain.OfCurve(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range v.Groups {
			key, err := p.Generator().NewKey(g.Private)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range g.Tests {
				t.Run(v.Curve+" "+a.String(), func(t *testing.T) {
					pub, _, err := domain.ParseSPKI(a.Public)
					var shared *domain.Shared
					if err == nil {
						shared, err = key.Agree(pub)
					}
					switch {
					case a.Result == "valid":
						if err != nil || !bytes.Equal(shared.Secret().Bytes(), a.Shared) {
							t.Fatalf("no or another secret: %v", err)
						}
					case a.Result == "invalid" && err == nil:
						t.Fatal("agreed with")
					case err == nil && !bytes.Equal(shared.Secret().Bytes(), a.Shared):
						t.Fatal("another secret")
					case a.Flag == "CompressedPublic" && err == nil:
						t.Fatal("a compressed point is agreed with (Doc 9303-11, 4.4.3.2)")
					}
				})
			}
		}
	}
}
