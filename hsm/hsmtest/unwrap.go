package hsmtest

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/keywrap"
)

// wrapFor wraps a key as a vendor does.
func wrapFor(t *testing.T, m hsm.WrapMethod, kek, iv []byte, pub *rsa.PublicKey, hash crypto.Hash, key []byte) []byte {
	t.Helper()
	var out []byte
	var err error
	cbc := func(text []byte) []byte {
		b, err := aes.NewCipher(kek)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]byte, len(text))
		cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, text)
		return out
	}
	switch m {
	case hsm.WrapAESKW:
		out, err = keywrap.Wrap(kek, key)
	case hsm.WrapAESKWP:
		out, err = keywrap.WrapPadded(kek, key)
	case hsm.WrapAESCBC:
		out = cbc(key)
	case hsm.WrapAESCBCPad:
		out = cbc(append(bytes.Clone(key), bytes.Repeat([]byte{16}, 16)...))
	case hsm.WrapRSAOAEP:
		if hash == crypto.SHA1 {
			out, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, pub, key, nil)
		} else {
			out, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, pub, key, nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unwraps: a vendor's key comes in under a transport key, by each method that the place has; a method that it lacks is named.
func unwraps(t *testing.T, p *Place) {
	k := p.open(t)
	kek, iv := fill(32, 9), fill(16, 0x77)
	under, err := k.ImportSecret(ctx, hsm.SecretSpec{Label: "transport", Use: hsm.UseTransport, Bits: 256}, mac.NewKey(kek))
	if err != nil {
		t.Fatal(err)
	}
	pair, public, err := k.Generate(ctx, hsm.KeySpec{Label: "transport pair", RSABits: 2048, Transport: true})
	if err != nil {
		t.Fatal(err)
	}
	pub, ok := public.(*rsa.PublicKey)
	if !ok {
		t.Fatalf("the pair's public key is a %T", public)
	}
	kdd := fill(10, 0x41)
	for _, c := range []struct {
		method    hsm.WrapMethod
		hash      crypto.Hash
		mechanism string
	}{
		{hsm.WrapAESKW, 0, "CKM_AES_KEY_WRAP"}, {hsm.WrapAESKWP, 0, "CKM_AES_KEY_WRAP_PAD"}, {hsm.WrapAESCBC, 0, "CKM_AES_CBC"}, {hsm.WrapAESCBCPad, 0, "CKM_AES_CBC_PAD"},
		{hsm.WrapRSAOAEP, crypto.SHA1, "CKM_RSA_PKCS_OAEP with SHA-1"}, {hsm.WrapRSAOAEP, crypto.SHA256, "CKM_RSA_PKCS_OAEP with SHA-256"},
	} {
		for _, n := range []int{16, 32} {
			t.Run(fmt.Sprintf("%s %d", c.mechanism, n*8), func(t *testing.T) {
				key := fill(n, byte(n))
				check, err := mac.KCVAES(key)
				if err != nil {
					t.Fatal(err)
				}
				w := hsm.WrappedKey{Under: under, Method: c.method, Hash: c.hash, KCVMethod: hsm.KCVOnes, KCV: check}
				if c.method == hsm.WrapRSAOAEP {
					w.Under = pair
				}
				if strings.HasPrefix(c.mechanism, "CKM_AES_CBC") {
					w.IV = iv
				}
				w.Bytes = wrapFor(t, c.method, kek, iv, pub, c.hash, key)
				spec := hsm.SecretSpec{Label: fmt.Sprint(c.mechanism, n), Use: hsm.UseCardMaster, Bits: n * 8}
				if slices.Contains(p.Lacks, c.mechanism) {
					_, err := k.ImportWrapped(ctx, spec, w)
					wants(t, "a mechanism that the token lacks", err, hsm.ErrMechanism)
					var f *hsm.Fault
					if errors.As(err, &f) && !strings.Contains(f.Detail, c.mechanism+" for") {
						t.Errorf("the error does not name it: %v", err)
					}
					return
				}
				other := w
				other.KCV = []byte{check[0], check[1], check[2] ^ 1}
				_, err = k.ImportWrapped(ctx, spec, other)
				wants(t, "another check value", err, hsm.ErrKeyMismatch)
				other = w
				other.Bytes = bytes.Clone(w.Bytes)
				other.Bytes[3] ^= 0x20
				_, err = k.ImportWrapped(ctx, spec, other)
				wants(t, "changed bytes", err, hsm.ErrKeyMismatch)
				if list, err := k.List(ctx); err != nil || slices.ContainsFunc(list, func(i hsm.KeyInfo) bool { return i.Label == spec.Label }) {
					t.Fatalf("a refused key is in the token: %v", err)
				}
				ref, err := k.ImportWrapped(ctx, spec, w)
				if err != nil {
					t.Fatal(err)
				}
				_, err = k.ImportWrapped(ctx, spec, w)
				wants(t, "the same label again", err, hsm.ErrKeyExists)
				// It is the vendor's key, for deriving card keys alone.
				cards, err := k.CardKeys(ctx, ref, kdd)
				if err != nil {
					t.Fatal(err)
				}
				defer cards.Close()
				enc, _, _, err := cards.SessionKeys(ctx, make([]byte, 16))
				if err != nil {
					t.Fatal(err)
				}
				if want, _ := mac.CounterKDF(reference(t, key, kdd, 1), 4, make([]byte, 16), n*8); !bytes.Equal(enc, want) {
					t.Error("another key came in")
				}
				_, err = k.Digest(ctx, ref, []byte("x"))
				wants(t, "digest with it", err, hsm.ErrKeyUse)
				list, err := k.List(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range list {
					if p.Guarded && (!i.Sensitive || i.Extractable) {
						t.Errorf("%s can leave", i.Label)
					}
					if i.Label == spec.Label && i.Bits != n*8 {
						t.Errorf("%s has %d bits", i.Label, i.Bits)
					}
				}
			})
		}
	}
	key := fill(16, 1)
	good := hsm.WrappedKey{Under: under, Method: hsm.WrapAESKW, KCVMethod: hsm.KCVZeros, KCV: kcvOf(t, key, make([]byte, 16)), Bytes: wrapFor(t, hsm.WrapAESKW, kek, nil, nil, 0, key)}
	spec := hsm.SecretSpec{Label: "zeros", Use: hsm.UseCardMaster, Bits: 128}
	if _, err := k.ImportWrapped(ctx, spec, good); err != nil {
		t.Errorf("check value over zeros: %v", err)
	}
	spec.Label = "cmac"
	good.KCVMethod = hsm.KCVCMAC
	tag, err := mac.CMAC(key, make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	good.KCV = tag[:3]
	if _, err := k.ImportWrapped(ctx, spec, good); err != nil {
		t.Errorf("check value by CMAC: %v", err)
	}
	// A transport key may itself come in under another: it then unwraps, and nothing else.
	next, err := k.ImportWrapped(ctx, hsm.SecretSpec{Label: "next transport", Use: hsm.UseTransport, Bits: 128}, good)
	if err != nil {
		t.Fatal(err)
	}
	spec.Label = "under the next"
	again := good
	again.Under, again.Bytes = next, wrapFor(t, hsm.WrapAESKW, key, nil, nil, 0, key)
	if _, err := k.ImportWrapped(ctx, spec, again); err != nil {
		t.Error(err)
	}
	_, err = k.CardKeys(ctx, next, kdd)
	wants(t, "card keys from a transport key", err, hsm.ErrKeyUse)
	_, err = k.Signer(ctx, pair)
	wants(t, "sign with a transport key", err, hsm.ErrKeyUse)
	spec.Label = "refused"
	master, err := k.GenerateSecret(ctx, hsm.SecretSpec{Label: "master", Use: hsm.UseCardMaster, Bits: 256})
	if err != nil {
		t.Fatal(err)
	}
	signing, _, err := k.Generate(ctx, hsm.KeySpec{Label: "signing", RSABits: 2048})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*hsm.WrappedKey)
		kind   error
	}{
		"no method":               {func(w *hsm.WrappedKey) { w.Method = "none" }, hsm.ErrKeyData},
		"no check value":          {func(w *hsm.WrappedKey) { w.KCV = nil }, hsm.ErrKeyData},
		"another check method":    {func(w *hsm.WrappedKey) { w.KCVMethod = "md5" }, hsm.ErrKeyData},
		"too short":               {func(w *hsm.WrappedKey) { w.Bytes = w.Bytes[:16] }, hsm.ErrKeyData},
		"an initial value":        {func(w *hsm.WrappedKey) { w.IV = iv }, hsm.ErrKeyData},
		"a hash":                  {func(w *hsm.WrappedKey) { w.Hash = crypto.SHA256 }, hsm.ErrKeyData},
		"OAEP by MD5":             {func(w *hsm.WrappedKey) { w.Method, w.Hash, w.Bytes = hsm.WrapRSAOAEP, crypto.MD5, make([]byte, 256) }, hsm.ErrKeyData},
		"no transport key":        {func(w *hsm.WrappedKey) { w.Under = "pkcs11:object=nothing" }, hsm.ErrKeyNotFound},
		"under a card master key": {func(w *hsm.WrappedKey) { w.Under = master }, hsm.ErrKeyUse},
		"under a private key":     {func(w *hsm.WrappedKey) { w.Under = pair }, hsm.ErrKeyRef},
		"under a signing key": {func(w *hsm.WrappedKey) {
			w.Under, w.Method, w.Hash, w.Bytes = signing, hsm.WrapRSAOAEP, crypto.SHA1, make([]byte, 256)
		}, hsm.ErrKeyUse},
		"under another transport": {func(w *hsm.WrappedKey) { w.Under = next }, hsm.ErrKeyMismatch},
		"OAEP of something else": {func(w *hsm.WrappedKey) {
			w.Under, w.Method, w.Hash, w.Bytes = pair, hsm.WrapRSAOAEP, crypto.SHA1, fill(256, 1)
		}, hsm.ErrKeyMismatch},
		"OAEP of another length": {func(w *hsm.WrappedKey) {
			w.Under, w.Method, w.Hash = pair, hsm.WrapRSAOAEP, crypto.SHA1
			w.Bytes = wrapFor(t, w.Method, nil, nil, pub, w.Hash, fill(32, 1))
		}, hsm.ErrKeySpec},
		"OAEP of no key's length": {func(w *hsm.WrappedKey) {
			w.Under, w.Method, w.Hash = pair, hsm.WrapRSAOAEP, crypto.SHA1
			w.Bytes = wrapFor(t, w.Method, nil, nil, pub, w.Hash, fill(15, 1))
		}, hsm.Err},
	} {
		w := good
		c.change(&w)
		_, err := k.ImportWrapped(ctx, spec, w)
		wants(t, name, err, c.kind)
	}
	if list, err := k.List(ctx); err != nil || slices.ContainsFunc(list, func(i hsm.KeyInfo) bool { return i.Label == "refused" }) {
		t.Errorf("a refused key is in the token: %v", err)
	}
	// A name that is free again holds a key of another length, and the length is the new key's.
	if err := k.Delete(ctx, next); err != nil {
		t.Fatal(err)
	}
	u, err := next.Parse()
	if err != nil {
		t.Fatal(err)
	}
	key = fill(32, 8)
	longer := good
	longer.KCVMethod, longer.KCV, longer.Bytes = hsm.KCVZeros, kcvOf(t, key, make([]byte, 16)), wrapFor(t, hsm.WrapAESKW, kek, nil, nil, 0, key)
	if _, err := k.ImportWrapped(ctx, hsm.SecretSpec{Label: u.Object, ID: u.ID, Use: hsm.UseCardMaster, Bits: 256}, longer); err != nil {
		t.Fatal(err)
	}
	list, err := k.List(ctx)
	if i := slices.IndexFunc(list, func(i hsm.KeyInfo) bool { return i.Label == u.Object }); err != nil || i < 0 || list[i].Bits != 256 {
		t.Errorf("the key under a name used again: %+v, %v", list, err)
	}
	_, _, err = k.Generate(ctx, hsm.KeySpec{Label: "x", Curve: "P-256", Transport: true})
	wants(t, "a transport pair on a curve", err, hsm.ErrKeySpec)
	_, err = k.GenerateSecret(ctx, hsm.SecretSpec{Label: "x", Use: hsm.UseTransport, Bits: 192})
	wants(t, "a transport key of 192 bits", err, hsm.ErrKeySpec)
}

func kcvOf(t *testing.T, key, block []byte) []byte {
	t.Helper()
	b, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 16)
	b.Encrypt(out, block)
	return out[:3]
}
