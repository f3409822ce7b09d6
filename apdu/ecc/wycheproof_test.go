package ecc

import (
	"bytes"
	"crypto"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// wycheproofECDSA is a file of published signatures: of one curve, in one or
// both encodings.
type wycheproofECDSA struct {
	Curve, Hash string
	Files       []struct {
		File, Form string
		Groups     []signatureGroup
	}
}

type signatureGroup struct {
	Public vectors.Hex // uncompressed point
	Msg    vectors.Hex // of the tests that have none of their own
	Tests  []signatureTest
}

type signatureTest struct {
	ID                      int
	Flag, Name, Why, Result string
	Msg                     *vectors.Hex
	Sig                     vectors.Hex
}

func (s signatureTest) String() string { return fmt.Sprintf("%d %s", s.ID, s.Name) }

// digest is what the test signs, hashed.
func (f *wycheproofECDSA) digest(t *testing.T, g signatureGroup, s signatureTest) []byte {
	t.Helper()
	hash, ok := map[string]crypto.Hash{
		"SHA-224": crypto.SHA224, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
	}[f.Hash]
	if !ok {
		t.Fatalf("hash %q", f.Hash)
	}
	msg := g.Msg
	if s.Msg != nil {
		msg = *s.Msg
	}
	h := hash.New()
	h.Write(msg)
	return h.Sum(nil)
}

// eachSignature runs f for every published signature that is carried over.
func eachSignature(t *testing.T, f func(t *testing.T, form string, key *PublicKey, digest []byte, g signatureGroup, s signatureTest)) {
	files := 0
	for _, name := range vectors.Names() {
		if !strings.HasPrefix(name, "wycheproof_ecdsa_") {
			continue
		}
		files++
		var v wycheproofECDSA
		vectors.Load(t, name, &v)
		c, err := ByName(v.Curve)
		if err != nil {
			t.Fatalf("%s: %q: %v", name, v.Curve, err)
		}
		for _, file := range v.Files {
			t.Run(c.Name()+" "+file.Form, func(t *testing.T) {
				if len(file.Groups) == 0 {
					t.Fatal("no tests")
				}
				for _, g := range file.Groups {
					key, err := ParsePoint(c, g.Public)
					if err != nil {
						t.Fatalf("public key %x: %v", g.Public, err)
					}
					for _, s := range g.Tests {
						t.Run(s.String(), func(t *testing.T) { f(t, file.Form, key, v.digest(t, g, s), g, s) })
					}
				}
			})
		}
	}
	if files == 0 {
		t.Fatal("no files")
	}
}

func TestWycheproofECDSA(t *testing.T) {
	eachSignature(t, func(t *testing.T, form string, key *PublicKey, digest []byte, _ signatureGroup, s signatureTest) {
		if s.Result != "valid" && s.Result != "invalid" {
			t.Fatalf("result %q", s.Result)
		}
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
		case "p1363":
			if got := VerifyRaw(key, digest, s.Sig); got != valid {
				t.Errorf("verified %v, want %v", got, s.Result)
			}
			// And made DER. That form has no fixed length, so the numbers alone count.
			if der, err := RawToASN1(s.Sig); err == nil && VerifyASN1(key, digest, der) != valid {
				t.Errorf("made DER, it is not %s", s.Result)
			}
		default:
			t.Fatalf("form %q", form)
		}
		if digest[0] ^= 1; form == "der" && VerifyASN1(key, digest, s.Sig) || VerifyRaw(key, digest, s.Sig) {
			t.Error("verifies for another digest")
		}
	})
}

// wycheproofECDH is a file of published key agreements of one curve.
type wycheproofECDH struct {
	Curve  string
	Groups []agreementGroup
}

type agreementGroup struct {
	Private vectors.Hex // a number
	Shared  vectors.Hex // of the tests that have none of their own
	Tests   []agreementTest
}

type agreementTest struct {
	ID                      int
	Flag, Name, Why, Result string
	Here                    string      // accepted or refused, where the result is acceptable
	Public                  vectors.Hex // SubjectPublicKeyInfo
	Shared                  vectors.Hex
}

func (a agreementTest) String() string { return fmt.Sprintf("%d %s", a.ID, a.Name) }

// eachAgreement runs f for every published key agreement that is carried over.
func eachAgreement(t *testing.T, f func(t *testing.T, c *Curve, g agreementGroup, a agreementTest)) {
	files := 0
	for _, name := range vectors.Names() {
		if !strings.HasPrefix(name, "wycheproof_ecdh_") {
			continue
		}
		files++
		var v wycheproofECDH
		vectors.Load(t, name, &v)
		c, err := ByName(v.Curve)
		if err != nil {
			t.Fatalf("%s: %q: %v", name, v.Curve, err)
		}
		t.Run(c.Name(), func(t *testing.T) {
			if len(v.Groups) == 0 {
				t.Fatal("no tests")
			}
			for _, g := range v.Groups {
				for _, a := range g.Tests {
					if len(a.Shared) == 0 {
						a.Shared = g.Shared
					}
					t.Run(a.String(), func(t *testing.T) { f(t, c, g, a) })
				}
			}
		})
	}
	if files == 0 {
		t.Fatal("no files")
	}
}

func (g agreementGroup) key(t *testing.T, c *Curve) *PrivateKey {
	t.Helper()
	k, err := NewPrivateKey(c, new(big.Int).SetBytes(g.Private).Bytes())
	if err != nil {
		t.Fatalf("private key: %v", err)
	}
	return k
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
	eachAgreement(t, func(t *testing.T, c *Curve, g agreementGroup, a agreementTest) {
		key := g.key(t, c)
		agree := func(pub *PublicKey, err error) ([]byte, error) {
			if err != nil {
				return nil, err
			}
			return key.ECDH(pub)
		}
		pub, _, err := ParseSPKI(a.Public)
		shared, err := agree(pub, err)
		switch {
		case a.Result == "valid", a.Result == "acceptable" && a.Here == "accepted":
			if err != nil || !bytes.Equal(shared, a.Shared) {
				t.Fatalf("shared secret %x, %v, want %x", shared, err, a.Shared)
			}
		case a.Result == "invalid", a.Result == "acceptable" && a.Here == "refused":
			if err == nil {
				t.Fatalf("agreed with, %x", shared)
			}
			if want := refusals[a.Why]; !slices.ContainsFunc(want, func(e error) bool { return errors.Is(err, e) }) {
				t.Errorf("refused with %v, want one of %v", err, want)
			}
			if shared != nil {
				t.Error("a shared secret beside the error")
			}
		default:
			t.Fatalf("result %q, here %q", a.Result, a.Here)
		}
		// The same point without its wrapping, as PACE and CA send it.
		if point, ok := namedPoint(c, a.Public); ok {
			parsed, err := ParsePoint(c, point)
			shared, err := agree(parsed, err)
			if accepted := a.Result == "valid" || a.Here == "accepted"; accepted != (err == nil) || accepted && !bytes.Equal(shared, a.Shared) {
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
