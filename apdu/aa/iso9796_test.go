package aa_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// Doc 9303-11 (8th ed.), Appendix F: framing and digest, made and taken apart.
func TestVectorF(t *testing.T) {
	var v struct{ Challenge, M1, Hash, Trailer, Representative, Signature vectors.Hex }
	vectors.Load(t, "aa_rsa.json", &v)
	f, err := aa.Represent(bytes.NewReader(v.M1), len(v.Signature), crypto.SHA1, v.Challenge)
	if err != nil || !bytes.Equal(f, v.Representative) {
		t.Errorf("representative %X (%v), want %X", f, err, []byte(v.Representative))
	}
	m1, digest, h, note, err := aa.Split(v.Representative)
	if err != nil || h != crypto.SHA1 || note != "" || !bytes.Equal(m1, v.M1) || !bytes.Equal(digest, v.Hash) {
		t.Errorf("taken apart: %X %X %v %q %v", m1, digest, h, note, err)
	}
}

// The trailers that the standard prints (Doc 9303-11 (8th ed.), 6.1.2.2).
func TestTrailers(t *testing.T) {
	for h, want := range map[crypto.Hash]string{crypto.SHA1: "bc", crypto.SHA224: "38cc", crypto.SHA256: "34cc", crypto.SHA384: "36cc", crypto.SHA512: "35cc"} {
		f, err := aa.Represent(rand.Reader, 128, h, []byte("12345678"))
		if err != nil || !bytes.HasSuffix([]byte(hex.EncodeToString(f)), []byte(want)) {
			t.Errorf("%v: %x (%v), want %s at the end", h, f, err, want)
		}
	}
}

// Every representative but the right one, each signed with the real key.
func TestRepresentativeFaults(t *testing.T) {
	key := keys[1024]()
	challenge := []byte("12345678")
	good, err := aa.Represent(rand.Reader, 128, crypto.SHA256, challenge)
	if err != nil {
		t.Fatal(err)
	}
	sha1, err := aa.Represent(rand.Reader, 128, crypto.SHA1, challenge)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		from []byte
		f    func([]byte)
		ok   bool
	}{
		"untouched":             {good, func([]byte) {}, true},
		"SHA-1":                 {sha1, func([]byte) {}, true},
		"header 4A, total":      {good, func(b []byte) { b[0] = 0x4A }, false},
		"header 6B, padded":     {good, func(b []byte) { b[0], b[1] = 0x6B, 0xBA }, false},
		"header 00":             {good, func(b []byte) { b[0] = 0 }, false},
		"trailer of SHA-512":    {good, func(b []byte) { b[126] = 0x35 }, false},
		"trailer of SHA-224":    {good, func(b []byte) { b[126] = 0x38 }, false},
		"trailer of RIPEMD-160": {good, func(b []byte) { b[126] = 0x31 }, false},
		"trailer BC":            {good, func(b []byte) { b[127] = 0xBC }, false},
		"trailer without CC":    {good, func(b []byte) { b[127] = 0xCD }, false},
		"M1 changed":            {good, func(b []byte) { b[9] ^= 1 }, false},
		"hash changed":          {good, func(b []byte) { b[120] ^= 1 }, false},
	} {
		f := bytes.Clone(x.from)
		x.f(f)
		s := new(big.Int).Exp(new(big.Int).SetBytes(f), key.D, key.N)
		_, err := aa.Verify(aa.Params{Public: &key.PublicKey}, challenge, s.FillBytes(make([]byte, 128)))
		if x.ok && err != nil || !x.ok && !errors.Is(err, aa.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// SHA-1 under trailer option 2 verifies and is noted.
func TestTrailer33CC(t *testing.T) {
	key := keys[1024]()
	challenge := []byte("12345678")
	f := bytes.Repeat([]byte{0x5A}, 128)
	f[0] = 0x6A
	h := crypto.SHA1.New()
	h.Write(f[1:106])
	h.Write(challenge)
	copy(f[106:], h.Sum(nil))
	f[126], f[127] = 0x33, 0xCC
	s := new(big.Int).Exp(new(big.Int).SetBytes(f), key.D, key.N)
	res, err := aa.Verify(aa.Params{Public: &key.PublicKey}, challenge, s.FillBytes(make([]byte, 128)))
	if err != nil || res.Hash != crypto.SHA1 || len(res.Notes) != 1 {
		t.Errorf("%+v %v", res, err)
	}
}

// A signature whose number is short keeps its leading zeros.
func TestSignatureWidth(t *testing.T) {
	key := keys[1024]()
	chip := newChip(t, aa.ChipConfig{Key: key, Hash: crypto.SHA1})
	for i := range 5000 {
		challenge := []byte(fmt.Sprintf("%08d", i))
		r := chip.Handle(apdu.Command{INS: 0x88, Data: challenge, Ne: 256})
		if len(r.Data) != 128 {
			t.Fatalf("%d bytes", len(r.Data))
		}
		if r.Data[0] != 0 {
			continue
		}
		if _, err := aa.Verify(aa.Params{Public: &key.PublicKey}, challenge, r.Data); err != nil {
			t.Error(err)
		}
		if _, err := aa.Verify(aa.Params{Public: &key.PublicKey}, challenge, r.Data[1:]); !errors.Is(err, aa.ErrLength) {
			t.Errorf("without its zero: %v", err)
		}
		return
	}
	t.Error("no leading zero in 5,000 signatures")
}

// A signature not less than the modulus is not the number it stands for.
func TestSignatureAboveModulus(t *testing.T) {
	key := keys[1024]()
	chip := newChip(t, aa.ChipConfig{Key: key, Hash: crypto.SHA256})
	for range 200 {
		r := chip.Handle(apdu.Command{INS: 0x88, Data: []byte("12345678"), Ne: 256})
		s := new(big.Int).SetBytes(r.Data)
		if s.Add(s, key.N).BitLen() > 1024 {
			continue
		}
		if _, err := aa.Verify(aa.Params{Public: &key.PublicKey}, []byte("12345678"), s.FillBytes(make([]byte, 128))); !errors.Is(err, aa.ErrSignature) {
			t.Errorf("%v, want %v", err, aa.ErrSignature)
		}
		return
	}
	t.Error("no signature small enough")
}

// Hostile signatures and keys: no panic, and nothing verifies.
func FuzzVerify(f *testing.F) {
	n, err := hex.DecodeString("b10b8f96a080e01dde92de5eae5d54ec52c99fbcfb06a3c69a6a9dca52d23b616073e28675a23d189838ef1e2ee652c013ecb4aea906112324975c3cd49b83bfaccbdd7d90c4bd7098488e9c219a73724effd6fae5644738faa31a4ff55bccc0a151af5f0dc8b4bd45bf37df365c1a65e68cfda76d4da708df1fb2bc2e4a4371")
	if err != nil {
		f.Fatal(err)
	}
	var v struct{ Challenge, Representative, Signature vectors.Hex }
	vectors.Load(f, "aa_rsa.json", &v)
	f.Add(n, 3, []byte(v.Challenge), []byte(v.Signature))
	f.Add(n, 65537, []byte(v.Challenge), []byte(v.Representative))
	f.Fuzz(func(t *testing.T, modulus []byte, e int, challenge, signature []byte) {
		if len(modulus) > 1200 {
			return
		}
		pub := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: e}
		_, _ = aa.Verify(aa.Params{Public: pub}, challenge, signature)
		if _, err := aa.Verify(aa.Params{Public: &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}}, challenge, signature); err == nil {
			t.Fatal("forged signature accepted")
		}
		if len(v.Representative) > 0 {
			_, _, _, _, _ = aa.Split(signature)
		}
		_, _ = aa.Verify(aa.Params{Public: ecc.P256().Generator(), Hash: crypto.SHA256}, challenge, signature)
	})
}
