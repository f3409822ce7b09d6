package hsmtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// wraps: data keys under a token key, compared with AES-GCM done outside.
func wraps(t *testing.T, p *Place) {
	k := p.open(t)
	spec := hsm.SecretSpec{Label: "seal", Use: hsm.UseSeal, Bits: 256}
	key := fill(32, 3)
	ref, err := k.ImportSecret(ctx, spec, mac.NewKey(key))
	if err != nil {
		t.Fatal(err)
	}
	data := mac.NewKey(bytes.Repeat([]byte{0x5a}, 32))
	bound := []byte("batch 1")
	wrapped, err := k.Wrap(ctx, ref, data, bound)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(wrapped, data.Bytes()[:8]) {
		t.Error("the data key stands in what it is wrapped in")
	}
	if got := openGCM(t, key, wrapped, bound); !bytes.Equal(got, data.Bytes()) {
		t.Error("it is not AES-256-GCM with the nonce in front and what it is bound to as additional data")
	}
	again, err := k.Unwrap(ctx, ref, wrapped, bound)
	if err != nil || !again.Equal(data) {
		t.Errorf("unwrap: %v", err)
	}
	other, err := k.Wrap(ctx, ref, data, bound)
	if err != nil || bytes.Equal(other, wrapped) {
		t.Errorf("the same twice: %v", err)
	}
	for i := 1; i < len(wrapped); i += 7 {
		bad := bytes.Clone(wrapped)
		bad[i] ^= 0x10
		_, err := k.Unwrap(ctx, ref, bad, bound)
		wants(t, "unwrap of changed bytes", err, hsm.ErrKeyMismatch)
	}
	_, err = k.Unwrap(ctx, ref, wrapped, []byte("batch 2"))
	wants(t, "unwrap for another batch", err, hsm.ErrKeyMismatch)
	spec.Label = "other"
	elsewhere, err := k.GenerateSecret(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Unwrap(ctx, elsewhere, wrapped, bound)
	wants(t, "unwrap with another key", err, hsm.ErrKeyMismatch)
	for _, bad := range [][]byte{nil, wrapped[:20], append(bytes.Clone(wrapped), 0), append([]byte{9}, wrapped[1:]...)} {
		_, err = k.Unwrap(ctx, ref, bad, bound)
		wants(t, "unwrap of something else", err, hsm.ErrKeyData)
	}
	_, err = k.Wrap(ctx, ref, mac.NewKey(make([]byte, 16)), bound)
	wants(t, "wrap a short key", err, hsm.ErrKeyData)
	master, err := k.GenerateSecret(ctx, hsm.SecretSpec{Label: "master", Use: hsm.UseCardMaster, Bits: 256})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Wrap(ctx, master, data, bound)
	wants(t, "wrap with a card master key", err, hsm.ErrKeyUse)
	_, err = k.CardKeys(ctx, ref, make([]byte, 10))
	wants(t, "card keys from a sealing key", err, hsm.ErrKeyUse)
}

func openGCM(t *testing.T, key, wrapped, bound []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, wrapped[1:13], wrapped[13:], bound)
	if err != nil {
		t.Fatalf("not AES-256-GCM: %v", err)
	}
	return plain
}
