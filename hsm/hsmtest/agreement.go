package hsmtest

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

// agreements: ECDH in the keyring gives what ECDH outside gives, and such a key does nothing else.
func agreements(t *testing.T, p *Place) {
	k := p.open(t)
	for _, name := range []string{"P-256", "P-384", "P-521", "brainpoolP256r1"} {
		ref, public, err := k.Generate(ctx, hsm.KeySpec{Label: "intake " + name, Curve: name, Agreement: true})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, err := k.Agreement(ctx, ref)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !hsm.SamePublic(hsm.StandardPublic(a.Public()), public) {
			t.Errorf("%s: another public key", name)
		}
		once, err := ecc.GenerateKey(a.Public().Curve, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Agree(ctx, once.PublicKey())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := once.ECDH(a.Public())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: the two sides do not agree", name)
		}
		other, err := ecc.GenerateKey(ecc.P224(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Agree(ctx, other.PublicKey())
		wants(t, "agree with a point of another curve", err, hsm.ErrKeyData)
		_, err = k.Signer(ctx, ref)
		wants(t, "sign with an agreement key", err, hsm.ErrKeyUse)
		if err := k.Delete(ctx, ref); err != nil {
			t.Fatal(err)
		}
		_, err = a.Agree(ctx, once.PublicKey())
		wants(t, "agree with a deleted key", err, hsm.ErrKeyNotFound)
	}
	signing, _, err := k.Generate(ctx, hsm.KeySpec{Label: "signing", Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Agreement(ctx, signing)
	wants(t, "agree with a signing key", err, hsm.ErrKeyUse)
	_, _, err = k.Generate(ctx, hsm.KeySpec{Label: "rsa", RSABits: 2048, Agreement: true})
	wants(t, "an RSA key for agreement", err, hsm.ErrKeySpec)
}
