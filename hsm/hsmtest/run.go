package hsmtest

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Run runs the whole suite. place makes a new, empty place for a test and takes it away afterwards.
func Run(t *testing.T, place func(t *testing.T) *Place) {
	for _, s := range []struct {
		name string
		test func(*testing.T, *Place)
	}{
		{"attributes", attributes}, {"names", names}, {"specs", specs}, {"certificates", certificates},
		{"signatures", signatures}, {"digests", digests}, {"wrapped data keys", wraps}, {"keys that come in wrapped", unwraps}, {"key agreement", agreements}, {"wrong inputs", wrongInputs},
		{"PIN", pins}, {"missing", missing}, {"concurrency", concurrency}, {"closing", closing},
		{"vanishing", vanishing}, {"another key under the name", anotherKey},
		{"card keys", cardKeys}, {"card keys by EMV CPS", cardKeysCPS}, {"card keys published", cardKeysPublished}, {"card keys vanishing", cardKeysVanishing},
	} {
		t.Run(s.name, func(t *testing.T) { s.test(t, place(t)) })
	}
}

var ctx = context.Background()

// wants fails unless err is of the kind, matches hsm.Err, and says something without saying the PIN.
func wants(t testing.TB, doing string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) || !errors.Is(err, hsm.Err) {
		t.Errorf("%s: got %v, want an error of kind %v", doing, err, kind)
	}
}

// attributes: what is made cannot leave and does one thing.
func attributes(t *testing.T, p *Place) {
	k := p.open(t)
	made := map[hsm.KeyRef]crypto.PublicKey{}
	for _, spec := range []hsm.KeySpec{{Label: "ec", Curve: "P-256"}, {Label: "bp", Curve: "brainpoolP256r1"}, {Label: "rsa", RSABits: 2048}} {
		ref, pub, err := k.Generate(ctx, spec)
		if err != nil {
			t.Fatalf("%s: %v", spec.Label, err)
		}
		made[ref] = pub
	}
	for _, spec := range []hsm.SecretSpec{{Label: "master", Use: hsm.UseCardMaster, Bits: 256}, {Label: "digest", Use: hsm.UseDigest, Bits: 256}} {
		ref, err := k.GenerateSecret(ctx, spec)
		if err != nil {
			t.Fatalf("%s: %v", spec.Label, err)
		}
		made[ref] = nil
	}
	imported, err := k.ImportSecret(ctx, hsm.SecretSpec{Label: "imported", Use: hsm.UseCardMaster, Bits: 128}, mac.NewKey(make([]byte, 16)))
	if err != nil {
		t.Fatal(err)
	}
	made[imported] = nil
	list, err := k.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(made) {
		t.Fatalf("%d keys listed, %d made", len(list), len(made))
	}
	want := map[string]string{
		"ec": "EC P-256 256", "bp": "EC brainpoolP256r1 256", "rsa": "RSA  2048", "master": "AES  256", "digest": "HMAC  256", "imported": "AES  128",
	}
	for i, info := range list {
		if i > 0 && list[i-1].Label > info.Label {
			t.Errorf("%s is listed after %s", info.Label, list[i-1].Label)
		}
		pub, ok := made[info.Ref]
		if !ok {
			t.Errorf("%s is listed under another name than it was made", info.Ref)
		}
		if pub != nil && !hsm.SamePublic(pub, info.Public) {
			t.Errorf("%s: another public key is listed than was made", info.Label)
		}
		if got := fmt.Sprintf("%s %s %d", info.Algorithm, info.Curve, info.Bits); got != want[info.Label] {
			t.Errorf("%s: listed as %q, want %q", info.Label, got, want[info.Label])
		}
		if info.HasCertificate {
			t.Errorf("%s: has a certificate, though none was imported", info.Label)
		}
		never := info.Ref != imported
		if p.Guarded && (!info.Sensitive || info.Extractable || info.AlwaysSensitive != never || info.NeverExtractable != never) {
			t.Errorf("%s: sensitive %t always %t, extractable %t never %t", info.Label, info.Sensitive, info.AlwaysSensitive, info.Extractable, info.NeverExtractable)
		}
		if !p.Guarded && (!info.Extractable || info.NeverExtractable) {
			t.Errorf("%s: a key in a file is called unextractable", info.Label)
		}
	}
}

// names: keys are found by label, by id, or both, and never by accident.
func names(t *testing.T, p *Place) {
	k := p.open(t)
	ref, pub, err := k.Generate(ctx, hsm.KeySpec{Label: "khoá ký số 1", ID: []byte{0x00, 0xFF, ';', '='}, Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := k.Generate(ctx, hsm.KeySpec{Label: "other", Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := ref.Parse()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []hsm.KeyRef{ref, hsm.URI{Object: u.Object}.Ref(), hsm.URI{ID: u.ID}.Ref(), hsm.URI{ID: u.ID, Type: "private"}.Ref(), hsm.URI{Token: u.Token, Object: u.Object}.Ref()} {
		s, err := k.Signer(ctx, r)
		if err != nil {
			t.Errorf("%s: %v", r, err)
		} else if !hsm.SamePublic(s.Public(), pub) {
			t.Errorf("%s: another key", r)
		}
	}
	for r, kind := range map[hsm.KeyRef]error{
		"":                                   hsm.ErrKeyRef,
		"pkcs11:":                            hsm.ErrKeyRef,
		"pkcs11:type=private":                hsm.ErrKeyRef,
		"pkcs11:object=none":                 hsm.ErrKeyNotFound,
		"pkcs11:object=Other":                hsm.ErrKeyNotFound,
		"pkcs11:object=oth":                  hsm.ErrKeyNotFound,
		"pkcs11:object=other?pin-value=1234": hsm.ErrKeyRef,
		hsm.URI{Object: u.Object, Type: "secret-key"}.Ref():     hsm.ErrKeyRef,
		hsm.URI{Token: "another token", Object: u.Object}.Ref(): hsm.ErrKeyNotFound,
		hsm.URI{Object: "other", ID: u.ID}.Ref():                hsm.ErrKeyNotFound,
	} {
		_, err := k.Signer(ctx, r)
		wants(t, string(r), err, kind)
		if err != nil && strings.Contains(err.Error(), "1234") {
			t.Errorf("the error repeats a PIN: %v", err)
		}
	}
	for _, spec := range []hsm.KeySpec{{Label: u.Object, Curve: "P-256"}, {Label: "new", ID: u.ID, Curve: "P-256"}} {
		_, _, err = k.Generate(ctx, spec)
		wants(t, "name taken", err, hsm.ErrKeyExists)
	}
	if err := k.Delete(ctx, ref); err != nil {
		t.Fatal(err)
	}
	_, err = k.Signer(ctx, ref)
	wants(t, "deleted", err, hsm.ErrKeyNotFound)
	wants(t, "delete twice", k.Delete(ctx, ref), hsm.ErrKeyNotFound)
	if _, err := k.Signer(ctx, other); err != nil {
		t.Errorf("another key was deleted too: %v", err)
	}
	if _, _, err := k.Generate(ctx, hsm.KeySpec{Label: u.Object, ID: u.ID, Curve: "P-384"}); err != nil {
		t.Errorf("the name is not free after deletion: %v", err)
	}
}

// specs: what cannot or should not be made is refused before a token is asked.
func specs(t *testing.T, p *Place) {
	k := p.open(t)
	for _, s := range []hsm.KeySpec{
		{}, {Label: "x"}, {Label: "x", Curve: "P-256", RSABits: 2048}, {Label: "x", Curve: "secp256k1"}, {Label: "x", Curve: "P-192"},
		{Label: "x", RSABits: 1024}, {Label: "x", RSABits: 8192}, {Label: "x", RSABits: 2049}, {Label: "a\nb", Curve: "P-256"}, {Label: "a\xFFb", Curve: "P-256"},
		{Label: strings.Repeat("x", 200), Curve: "P-256"}, {Label: "x", ID: make([]byte, 100), Curve: "P-256"}, {Curve: "P-256"},
	} {
		_, _, err := k.Generate(ctx, s)
		wants(t, fmt.Sprintf("%+v", s), err, hsm.ErrKeySpec)
	}
	for _, s := range []hsm.SecretSpec{{Label: "x", Bits: 128}, {Label: "x", Use: hsm.UseCardMaster, Bits: 192}, {Label: "x", Use: hsm.UseCardMaster}, {Label: "x", Use: hsm.UseDigest, Bits: 128}, {Use: hsm.UseDigest, Bits: 256}} {
		_, err := k.GenerateSecret(ctx, s)
		wants(t, fmt.Sprintf("%+v", s), err, hsm.ErrKeySpec)
	}
	_, err := k.ImportSecret(ctx, hsm.SecretSpec{Label: "x", Use: hsm.UseCardMaster, Bits: 128}, mac.NewKey(make([]byte, 32)))
	wants(t, "import of the wrong length", err, hsm.ErrKeySpec)
	if list, err := k.List(ctx); err != nil || len(list) != 0 {
		t.Errorf("after refused keys there are %d keys, %v", len(list), err)
	}
}

// digests: HMAC-SHA-256 under a token key, compared with RFC 4231.
func digests(t *testing.T, p *Place) {
	k := p.open(t)
	// RFC 4231, 4.2 has a key of 20 bytes; zero bytes at the end change nothing in HMAC (RFC 2104, 2).
	key := make([]byte, 32)
	for i := range 20 {
		key[i] = 0x0b
	}
	spec := hsm.SecretSpec{Label: "digest", Use: hsm.UseDigest, Bits: 256}
	ref, err := k.ImportSecret(ctx, spec, mac.NewKey(key))
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.Digest(ctx, ref, []byte("Hi There"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"; fmt.Sprintf("%x", got) != want {
		t.Errorf("got %x, want %s", got, want)
	}
	spec.Label = "random"
	random, err := k.GenerateSecret(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := k.Digest(ctx, random, []byte("Hi There"))
	b, err2 := k.Digest(ctx, random, []byte("Hi There"))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) || string(a) == string(got) || len(a) != sha256.Size {
		t.Error("a generated digest key does not digest as it should")
	}
	if _, err := k.Digest(ctx, random, nil); err != nil {
		t.Errorf("no data: %v", err)
	}
	master, err := k.GenerateSecret(ctx, hsm.SecretSpec{Label: "master", Use: hsm.UseCardMaster, Bits: 256})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Digest(ctx, master, []byte("x"))
	wants(t, "digest with a card master key", err, hsm.ErrKeyUse)
	_, err = k.CardKeys(ctx, ref, make([]byte, 10))
	wants(t, "card keys from a digest key", err, hsm.ErrKeyUse)
	_, err = k.Signer(ctx, ref)
	wants(t, "signer from a secret key", err, hsm.ErrKeyRef)
}
