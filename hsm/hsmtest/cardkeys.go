package hsmtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// reference is KDF3 by apdu/mac on keys that the test knows.
func reference(t *testing.T, master, kdd []byte, which byte) []byte {
	t.Helper()
	k, err := mac.CounterKDFFixed(master, nil, append([]byte{0, 0, 0, which, 0}, kdd...), len(master)*8)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func importMaster(t *testing.T, k hsm.Keyring, label string, value []byte) hsm.KeyRef {
	t.Helper()
	ref, err := k.ImportSecret(ctx, hsm.SecretSpec{Label: label, Use: hsm.UseCardMaster, Bits: len(value) * 8}, mac.NewKey(value))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func fill(n int, first byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = first + byte(i)*7
	}
	return b
}

// unwrap undoes WrapUnderDEK as a card does.
func unwrap(t *testing.T, dek, wrapped []byte) []byte {
	t.Helper()
	b, err := aes.NewCipher(dek)
	if err != nil {
		t.Fatal(err)
	}
	if len(wrapped)%16 != 0 {
		t.Fatalf("%d bytes wrapped", len(wrapped))
	}
	out := make([]byte, len(wrapped))
	cipher.NewCBCDecrypter(b, make([]byte, 16)).CryptBlocks(out, wrapped)
	return out
}

// cardKeys: derivation, session keys and wrapping against apdu/mac, for both key lengths and their mixture.
func cardKeys(t *testing.T, p *Place) {
	k := p.open(t)
	kdd := fill(10, 0x51)
	masters := map[int][]byte{16: fill(16, 1), 32: fill(32, 2)}
	refs := map[int]hsm.KeyRef{16: importMaster(t, k, "m128", masters[16]), 32: importMaster(t, k, "m256", masters[32])}
	before, err := k.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{16, 32} {
		c, err := k.CardKeys(ctx, refs[n], kdd)
		if err != nil {
			t.Fatal(err)
		}
		for _, first := range []byte{0x99, 0} {
			context := fill(16, first)
			enc, macKey, rmac, err := c.SessionKeys(ctx, context)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []struct {
				name             string
				got              []byte
				static, constant byte
			}{{"S-ENC", enc, 1, 4}, {"S-MAC", macKey, 2, 6}, {"S-RMAC", rmac, 2, 7}} {
				want, err := mac.CounterKDF(reference(t, masters[n], kdd, s.static), s.constant, context, n*8)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(s.got, want) {
					t.Errorf("AES-%d: %s is wrong", n*8, s.name)
				}
			}
		}
		dek := reference(t, masters[n], kdd, 3)
		data := fill(48, 0x33)
		sealed, err := c.EncryptUnderDEK(ctx, data)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(unwrap(t, dek, sealed), data) {
			t.Errorf("AES-%d: EncryptUnderDEK is wrong", n*8)
		}
		for _, m := range []int{16, 32} {
			set, err := c.NewKeys(ctx, refs[m])
			if err != nil {
				t.Fatal(err)
			}
			for which, uri := range map[byte]hsm.KeyRef{1: set.ENC, 2: set.MAC, 3: set.DEK} {
				if _, err := uri.Parse(); err != nil {
					t.Errorf("%s: %v", uri, err)
				}
				wrapped, kcv, err := c.WrapUnderDEK(ctx, string(uri))
				if err != nil {
					t.Fatal(err)
				}
				want := reference(t, masters[m], kdd, which)
				if !bytes.Equal(unwrap(t, dek, wrapped), want) {
					t.Errorf("AES-%d under AES-%d: key %d is wrapped wrong", m*8, n*8, which)
				}
				wantKCV, err := mac.KCVAES(want)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(kcv, wantKCV) {
					t.Errorf("AES-%d: key check value of key %d is wrong", m*8, which)
				}
			}
			// The new keys do nothing but leave wrapped.
			for _, uri := range []hsm.KeyRef{set.ENC, set.DEK} {
				if _, err := k.Digest(ctx, uri, []byte("x")); err == nil {
					t.Errorf("%s can be used by name", uri)
				}
				if _, err := k.CardKeys(ctx, uri, kdd); err == nil {
					t.Errorf("%s can be used by name", uri)
				}
			}
		}
		_, _, err = c.WrapUnderDEK(ctx, string(refs[n]))
		wants(t, "wrap a master key", err, hsm.ErrKeyNotFound)
		_, _, err = c.WrapUnderDEK(ctx, "pkcs11:object=card-ENC")
		wants(t, "wrap by half a name", err, hsm.ErrKeyNotFound)
		for _, wrong := range []int{0, 15, 17, 32} {
			_, _, _, err = c.SessionKeys(ctx, make([]byte, wrong))
			wants(t, "context of the wrong length", err, hsm.ErrKeyData)
		}
		_, err = c.EncryptUnderDEK(ctx, make([]byte, 15))
		wants(t, "part of a block", err, hsm.ErrKeyData)
		_, err = c.NewKeys(ctx, "pkcs11:object=none")
		wants(t, "new keys of no master", err, hsm.ErrKeyNotFound)
		after, err := k.List(ctx)
		if err != nil || len(after) != len(before) {
			t.Errorf("derived keys show among the stored ones: %d, %d before, %v", len(after), len(before), err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		_, _, _, err = c.SessionKeys(ctx, make([]byte, 16))
		wants(t, "after Close", err, hsm.ErrClosed)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, n := range []int{0, 9, 11, 16} {
		_, err := k.CardKeys(ctx, refs[16], make([]byte, n))
		wants(t, "diversification data of the wrong length", err, hsm.ErrKeyData)
	}
}

// cardKeysPublished: KDF3 against numbers that others published.
func cardKeysPublished(t *testing.T, p *Place) {
	if len(p.KDF3) == 0 {
		t.Fatal("no vectors were given")
	}
	k := p.open(t)
	for _, v := range p.KDF3 {
		t.Run(v.Name, func(t *testing.T) {
			master := importMaster(t, k, v.Name, v.Master)
			// Any card will do to wrap under; the keys come from the published master.
			c, err := k.CardKeys(ctx, master, v.KDD)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			set, err := c.NewKeys(ctx, master)
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			for which, x := range map[byte]struct {
				uri hsm.KeyRef
				kcv []byte
			}{1: {set.ENC, v.KCVENC}, 2: {set.MAC, v.KCVMAC}, 3: {set.DEK, v.KCVDEK}} {
				wrapped, kcv, err := c.WrapUnderDEK(ctx, string(x.uri))
				if err != nil {
					t.Fatal(err)
				}
				if x.kcv != nil {
					compared++
					if !bytes.Equal(kcv, x.kcv) {
						t.Errorf("key %d: check value %x, published %x", which, kcv, x.kcv)
					}
				}
				if which == 1 && v.WholeENC != nil {
					compared++
					if got := unwrap(t, reference(t, v.Master, v.KDD, 3), wrapped); !bytes.Equal(got, v.WholeENC) {
						t.Error("ENC is not the published key")
					}
				}
			}
			if compared == 0 {
				t.Error("the vector compares nothing")
			}
		})
	}
}

// cardKeysVanishing: after the token went and came back, the same card keys are derived again, and from the same master key only.
func cardKeysVanishing(t *testing.T, p *Place) {
	k := p.open(t)
	master, kdd := fill(16, 5), fill(10, 6)
	ref := importMaster(t, k, "master", master)
	c, err := k.CardKeys(ctx, ref, kdd)
	if err != nil {
		t.Fatal(err)
	}
	set, err := c.NewKeys(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	enc, _, _, err := c.SessionKeys(ctx, make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Vanish(); err != nil {
		t.Fatal(err)
	}
	// Something notices that the token is gone.
	_, err = k.List(ctx)
	wants(t, "list", err, hsm.ErrTokenLost)
	_, _, _, err = c.SessionKeys(ctx, make([]byte, 16))
	wants(t, "session keys", err, hsm.ErrTokenLost)
	if err := p.Return(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(250 * time.Millisecond)
	again, _, _, err := c.SessionKeys(ctx, make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(enc, again) {
		t.Error("other session keys after the return")
	}
	wrapped, _, err := c.WrapUnderDEK(ctx, string(set.MAC))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(unwrap(t, reference(t, master, kdd, 3), wrapped), reference(t, master, kdd, 2)) {
		t.Error("another key is wrapped after the return")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
