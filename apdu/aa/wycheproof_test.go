package aa_test

import (
	"crypto"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// A challenge has 8 bytes, so no published signature is over one; those that
// have another length or numbers out of range are wrong for every challenge.
func TestWycheproofPlainSignatures(t *testing.T) {
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
					want := aa.ErrSignature
					if len(s.Sig) != 2*c.ScalarLen() {
						want = aa.ErrLength
					}
					t.Run(v.Curve+" "+f.Form+" "+s.String(), func(t *testing.T) {
						res, err := aa.Verify(aa.Params{Public: pub, Hash: crypto.SHA256}, make([]byte, 8), s.Sig)
						if res != nil || !errors.Is(err, want) {
							t.Errorf("%v, want %v", err, want)
						}
					})
				}
			}
		}
	}
}
