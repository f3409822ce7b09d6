package cvc_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

type published struct {
	Certificates []struct {
		Name                                                string
		Certificate                                         vectors.Hex
		CAR, CHR                                            string
		Algorithm, Curve, Role, Mask, Effective, Expiration string
		Type                                                string `json:"terminal_type"`
	}
}

func load(t testing.TB) map[string]*cvc.Certificate {
	t.Helper()
	var v published
	vectors.Load(t, "eac2_cvc.json", &v)
	m := make(map[string]*cvc.Certificate)
	for _, x := range v.Certificates {
		c, err := cvc.Parse(x.Certificate)
		if err != nil {
			t.Fatalf("%s: %v", x.Name, err)
		}
		m[x.Name] = c
	}
	if len(m) != 3 {
		t.Fatalf("%d certificates", len(m))
	}
	return m
}

// Every field of the published certificates, and the same bytes back.
func TestVectorFields(t *testing.T) {
	var v published
	vectors.Load(t, "eac2_cvc.json", &v)
	for _, x := range v.Certificates {
		c, err := cvc.Parse(x.Certificate)
		if err != nil {
			t.Fatalf("%s: %v", x.Name, err)
		}
		curve := ""
		if c.PublicKey.HasDomain() {
			curve = c.PublicKey.Curve().Name()
		}
		for what, pair := range map[string][2]string{
			"authority": {string(c.CAR), x.CAR}, "holder": {string(c.CHR), x.CHR},
			"algorithm": {c.PublicKey.Algorithm.String(), x.Algorithm}, "curve": {curve, x.Curve},
			"type": {c.CHAT.Type().String(), x.Type}, "role": {c.CHAT.Role().String(), x.Role},
			"mask":      {hex.EncodeToString(c.CHAT.Mask()), x.Mask},
			"effective": {c.Effective.String(), x.Effective}, "expiration": {c.Expiration.String(), x.Expiration},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s %q, want %q", x.Name, what, pair[0], pair[1])
			}
		}
		if len(c.Notes) != 0 || c.Extensions != nil || !bytes.Equal(c.Raw, x.Certificate) {
			t.Errorf("%s: %v", x.Name, c.Notes)
		}
		if again, err := cvc.ParseParts(c.Parts()); err != nil || !bytes.Equal(again.Raw, x.Certificate) {
			t.Errorf("%s: not the same from its parts: %v", x.Name, err)
		}
	}
}

// The signatures of the published chain, each with the key above it and with no
// other.
func TestVectorSignatures(t *testing.T) {
	m := load(t)
	curve := m["cvca"].PublicKey.Curve()
	for _, x := range []struct {
		cert, issuer string
		want         error
	}{
		{"cvca", "cvca", nil}, {"dv", "cvca", nil}, {"terminal", "dv", nil},
		{"terminal", "cvca", cvc.ErrSignature}, {"dv", "dv", cvc.ErrSignature}, {"cvca", "terminal", cvc.ErrSignature},
	} {
		pub, err := m[x.issuer].PublicKey.Key(curve)
		if err != nil {
			t.Fatal(err)
		}
		if err := m[x.cert].CheckSignature(m[x.issuer].PublicKey.Algorithm, pub); !errors.Is(err, x.want) {
			t.Errorf("%s by %s: %v, want %v", x.cert, x.issuer, err, x.want)
		}
	}
}

// The published root is of another terminal type than those below it.
func TestVectorTerminalType(t *testing.T) {
	m := load(t)
	root, err := cvc.Root(m["cvca"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := root.Verify(m["dv"]); !errors.Is(err, cvc.ErrTerminalType) {
		t.Errorf("%v, want %v", err, cvc.ErrTerminalType)
	}
}

// With a root of the right type the chain holds, and the rights are what all
// have.
func TestVectorChain(t *testing.T) {
	m := load(t)
	root, err := cvc.Root(m["cvca"])
	if err != nil {
		t.Fatal(err)
	}
	rights := []cvc.Right{cvc.CANAllowed, cvc.ReadEID(1), cvc.ReadEID(2)}
	if root.CHAT, err = cvc.NewCHAT(cvc.AuthenticationTerminal, cvc.RoleCVCA, rights...); err != nil {
		t.Fatal(err)
	}
	store, err := cvc.NewStore(day(t, "2010-09-01"), root)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := cvc.FindChain([]*cvc.Certificate{m["terminal"], m["cvca"], m["dv"]}, store.References(), "")
	if err != nil || len(chain) != 2 {
		t.Fatal(len(chain), err)
	}
	k, err := store.VerifyChain(chain)
	if err != nil {
		t.Fatal(err)
	}
	if k.Reference != "DETESTATDE019" || k.CHAT.Role() != cvc.RoleTerminal || store.Date() != day(t, "2010-09-30") {
		t.Errorf("%v %v %v", k.Reference, k.CHAT, store.Date())
	}
	for r, want := range map[cvc.Right]bool{cvc.CANAllowed: true, cvc.ReadEID(1): true, cvc.ReadEID(2): false, cvc.WriteEID(17): false} {
		if k.CHAT.Has(r) != want {
			t.Errorf("%v: %v, want %v", r, !want, want)
		}
	}
}
