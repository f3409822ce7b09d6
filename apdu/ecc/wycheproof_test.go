package ecc

import (
	"bytes"
	"crypto"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

var wycheproofHashes = map[string]crypto.Hash{
	"SHA-224": crypto.SHA224, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
}

// eachSignature runs f for every published signature that is carried over.
func eachSignature(t *testing.T, f func(t *testing.T, form string, key *PublicKey, digest []byte, g vectors.SignatureGroup, s vectors.SignatureTest)) {
	for _, v := range vectors.Signatures(t) {
		c, err := ByName(v.Curve)
		if err != nil {
			t.Fatalf("%q: %v", v.Curve, err)
		}
		hash, ok := wycheproofHashes[v.Hash]
		if !ok {
			t.Fatalf("hash %q", v.Hash)
		}
		for _, file := range v.Files {
			t.Run(c.Name()+" "+file.Form, func(t *testing.T) {
				for _, g := range file.Groups {
					key, err := ParsePoint(c, g.Public)
					if err != nil {
						t.Fatalf("public key %x: %v", g.Public, err)
					}
					for _, s := range g.Tests {
						h := hash.New()
						h.Write(g.Message(s))
						t.Run(s.String(), func(t *testing.T) { f(t, file.Form, key, h.Sum(nil), g, s) })
					}
				}
			})
		}
	}
}

func TestWycheproofECDSA(t *testing.T) {
	eachSignature(t, func(t *testing.T, form string, key *PublicKey, digest []byte, _ vectors.SignatureGroup, s vectors.SignatureTest) {
		valid := s.Result == "valid"
		switch form {
		case "der":
			if got := VerifyASN1(key, digest, s.Sig); got != valid {
				t.Errorf("verified %v, want %v", got, s.Result)
			}
			// The way of a signature that is turned into the plain form first.
			raw, err := ASN1ToRaw(key.Curve, s.Sig)
			if got := err == nil && VerifyRaw(key, digest, raw); got != valid {
				t.Errorf("made plain, verified %v, want %v", got, s.Result)
			}
			// A wrong encoding and a number out of range do not come that far.
			if wellFormed := valid || s.Why == "value"; wellFormed != (err == nil) || !wellFormed && !errors.Is(err, ErrEncoding) {
				t.Errorf("made plain: %v", err)
			}
		case "p1363":
			if got := VerifyRaw(key, digest, s.Sig); got != valid {
				t.Errorf("verified %v, want %v", got, s.Result)
			}
			// And made DER. That form has no fixed length, so the numbers alone count.
			if der, err := RawToASN1(s.Sig); err == nil && VerifyASN1(key, digest, der) != valid {
				t.Errorf("made DER, it is not %s", s.Result)
			}
		}
		if digest[0] ^= 1; form == "der" && VerifyASN1(key, digest, s.Sig) || VerifyRaw(key, digest, s.Sig) {
			t.Error("verifies for another digest")
		}
	})
}

// eachAgreement runs f for every published key agreement that is carried over.
func eachAgreement(t *testing.T, f func(t *testing.T, key *PrivateKey, a vectors.AgreementTest)) {
	for _, v := range vectors.Agreements(t) {
		c, err := ByName(v.Curve)
		if err != nil {
			t.Fatalf("%q: %v", v.Curve, err)
		}
		t.Run(c.Name(), func(t *testing.T) {
			for _, g := range v.Groups {
				key, err := NewPrivateKey(c, g.Private)
				if err != nil {
					t.Fatalf("private key: %v", err)
				}
				for _, a := range g.Tests {
					t.Run(a.String(), func(t *testing.T) { f(t, key, a) })
				}
			}
		})
	}
}

// refusals are the errors that each reason to refuse a public key may end in.
var refusals = map[string][]error{
	"off-curve":   {ErrNotOnCurve},
	"no-root":     {ErrNotOnCurve},
	"wrong-curve": {ErrUnknownCurve, ErrCurve},
	"explicit":    {ErrUnknownCurve, ErrEncoding},
	"algorithm":   {ErrEncoding},
	"encoding":    {ErrEncoding},
	"infinity":    {ErrInfinity},
}

func TestWycheproofECDH(t *testing.T) {
	eachAgreement(t, func(t *testing.T, key *PrivateKey, a vectors.AgreementTest) {
		c := key.Curve()
		agree := func(pub *PublicKey, err error) ([]byte, error) {
			if err != nil {
				return nil, err
			}
			return key.ECDH(pub)
		}
		pub, _, err := ParseSPKI(a.Public)
		shared, err := agree(pub, err)
		if a.Accepted() {
			if err != nil || !bytes.Equal(shared, a.Shared) {
				t.Fatalf("shared secret %x, %v, want %x", shared, err, a.Shared)
			}
		} else if want := refusals[a.Why]; shared != nil || !slices.ContainsFunc(want, func(e error) bool { return errors.Is(err, e) }) {
			t.Errorf("%x, %v, want one of %v", shared, err, want)
		}
		// The same point without its wrapping, as PACE and CA send it.
		if point, ok := namedPoint(c, a.Public); ok {
			parsed, err := ParsePoint(c, point)
			shared, err := agree(parsed, err)
			if accepted := a.Accepted(); accepted != (err == nil) || accepted && !bytes.Equal(shared, a.Shared) {
				t.Errorf("the bare point: %x, %v", shared, err)
			}
		}
		// A key filled in by hand is checked where it is used.
		if x, y, ok := coordinates(c, a.Public); ok && a.Why == "off-curve" {
			if shared, err := key.ECDH(&PublicKey{c, x, y}); !errors.Is(err, ErrNotOnCurve) {
				t.Errorf("filled in by hand: %x, %v", shared, err)
			}
		}
	})
}
