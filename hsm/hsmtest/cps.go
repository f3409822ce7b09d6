package hsmtest

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// cardKeysCPS: EMV CPS v1.1, 4.1 from 3DES masters of two and three keys. The values are those of "openssl enc -des-ede-ecb" and "-des-ede3-ecb".
func cardKeysCPS(t *testing.T, p *Place) {
	k := p.open(t)
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	kdd := unhex("11223344" + "445566778899")
	for _, v := range []struct{ label, master, enc, mac, dek string }{
		{"two keys", "404142434445464748494a4b4c4d4e4f", "8fad7fe3a992d880d4981e430a0c1035", "013e96df440ab50ccb93f46a496c822c", "047331a485847fd625900ed65528c439"},
		{"three keys", "404142434445464748494a4b4c4d4e4f5051525354555657", "6bb66029f01902cbd2ec8196f4e8f917", "af3fe807728713a78aec1325c03c3348", "7c7124f1f2c6565bcf9dd3175b9cf59c"},
	} {
		t.Run(v.label, func(t *testing.T) {
			bits := len(v.master) * 4
			master, err := k.ImportSecret(ctx, hsm.SecretSpec{Label: v.label, Use: hsm.UseCardMasterTDES, Bits: bits}, mac.NewKey(unhex(v.master)))
			if err != nil {
				t.Fatal(err)
			}
			list, err := k.List(ctx)
			if i := slices.IndexFunc(list, func(i hsm.KeyInfo) bool { return i.Label == v.label }); err != nil || i < 0 || list[i].Algorithm != "3DES" || list[i].Bits != bits || p.Guarded && (list[i].Extractable || !list[i].Sensitive) {
				t.Errorf("listed as %+v, %v", list, err)
			}
			c, err := k.CardKeys(ctx, master, kdd)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			scp := fill(16, 3)
			enc, macKey, rmac, err := c.SessionKeys(ctx, scp)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []struct {
				got      []byte
				static   string
				constant byte
			}{{enc, v.enc, 4}, {macKey, v.mac, 6}, {rmac, v.mac, 7}} {
				if want, _ := mac.CounterKDF(unhex(s.static), s.constant, scp, 128); !bytes.Equal(s.got, want) {
					t.Errorf("session key %02x comes from another static key", s.constant)
				}
			}
			// New keys of the same master leave wrapped under the DEK and no other way.
			set, err := c.NewKeys(ctx, master)
			if err != nil {
				t.Fatal(err)
			}
			for uri, want := range map[hsm.KeyRef]string{set.ENC: v.enc, set.MAC: v.mac, set.DEK: v.dek} {
				wrapped, kcv, err := c.WrapUnderDEK(ctx, string(uri))
				if err != nil {
					t.Fatal(err)
				}
				if got := unwrap(t, unhex(v.dek), wrapped); !bytes.Equal(got, unhex(want)) {
					t.Errorf("%s is %x, want %s", uri, got, want)
				}
				if check, _ := mac.KCVAES(unhex(want)); !bytes.Equal(kcv, check) {
					t.Errorf("%s has the check value %x", uri, kcv)
				}
			}
			_, err = k.Digest(ctx, master, []byte("x"))
			wants(t, "digest with a 3DES master", err, hsm.ErrKeyUse)
		})
	}
	made, err := k.GenerateSecret(ctx, hsm.SecretSpec{Label: "made", Use: hsm.UseCardMasterTDES, Bits: 128})
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.CardKeys(ctx, made, kdd)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for _, bits := range []int{64, 256} {
		_, err := k.GenerateSecret(ctx, hsm.SecretSpec{Label: "x", Use: hsm.UseCardMasterTDES, Bits: bits})
		wants(t, "a 3DES key of another length", err, hsm.ErrKeySpec)
	}
	// Wrapped, with the check value over zeros.
	kek := fill(16, 4)
	under, err := k.ImportSecret(ctx, hsm.SecretSpec{Label: "kek", Use: hsm.UseTransport, Bits: 128}, mac.NewKey(kek))
	if err != nil {
		t.Fatal(err)
	}
	for label, master := range map[string]string{"wrapped two": "404142434445464748494a4b4c4d4e4f", "wrapped three": "404142434445464748494a4b4c4d4e4f5051525354555657"} {
		key := unhex(master)
		check, err := mac.KCVTDES(key)
		if err != nil {
			t.Fatal(err)
		}
		spec := hsm.SecretSpec{Label: label, Use: hsm.UseCardMasterTDES, Bits: len(key) * 8}
		w := hsm.WrappedKey{Under: under, Method: hsm.WrapAESKW, Bytes: wrapFor(t, hsm.WrapAESKW, kek, nil, nil, 0, key), KCVMethod: hsm.KCVOnes, KCV: check}
		_, err = k.ImportWrapped(ctx, spec, w)
		wants(t, "a check value that 3DES has not", err, hsm.ErrKeyData)
		w.KCVMethod = hsm.KCVZeros
		ref, err := k.ImportWrapped(ctx, spec, w)
		if err != nil {
			t.Fatal(err)
		}
		c, err := k.CardKeys(ctx, ref, kdd)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
