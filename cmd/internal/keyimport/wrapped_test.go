package keyimport

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/hsm"
)

// wrappedCeremony is the test key, wrapped by the method, and its file.
func wrappedCeremony(t *testing.T, wrapped []byte, kcv, more string) *Spec {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key.hex"), []byte(hex.EncodeToString(wrapped)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "lot.yaml")
	text := fmt.Sprintf("ceremony: Lot 4711\nlabel: cards-4711\nbits: 128\nkcv: %q\nwrapped:\n  file: key.hex\n%s", kcv, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTransport: a transport key comes in by components and a card key under it; and one under an RSA pair of the token. The key 40..4F
// under the KEK of RFC 3394, 4.1 was wrapped by "openssl enc -id-aes128-wrap".
func TestTransport(t *testing.T) {
	ring := softHSM(t)
	ctx := context.Background()
	kek, err := hex.DecodeString("000102030405060708090a0b0c0d0e0f")
	if err != nil {
		t.Fatal(err)
	}
	half := bytes.Repeat([]byte{0x5A}, 16)
	parts := map[string][]byte{"Lan": half, "Minh": xor([][]byte{kek, half})}
	s, err := parse("f", fmt.Appendf(nil, "ceremony: Transport\nlabel: transport\nuse: transport\nbits: 128\nkcv: %q\ncomponents:\n  - {custodian: Lan, kcv: %q}\n  - {custodian: Minh, kcv: %q}\n", check(t, kek), check(t, half), check(t, parts["Minh"])))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Prepare(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(ctx, ring, typing(parts)); err != nil {
		t.Fatal(err)
	}
	wrapped, err := hex.DecodeString("2ac40133ba646360d073e62fcddcd2687e5979266ba7ec1d")
	if err != nil {
		t.Fatal(err)
	}
	s = wrappedCeremony(t, wrapped, "504a77", "  method: aes-kw\n  under: pkcs11:object=transport\n")
	if p, err = s.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prepare([]string{"Lan"}); err == nil {
		t.Error("custodians take part where none hold anything")
	}
	var plan, transcript bytes.Buffer
	if err := p.Write(&plan); err != nil {
		t.Fatal(err)
	}
	ref, err := p.Run(ctx, ring, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Transcript(&transcript, ref, time.Now(), time.Now(), Witnessed{Operator: "o", Witnesses: []string{"Hoa"}}); err != nil {
		t.Fatal(err)
	}
	secretFree(t, plan.String()+transcript.String(), nil)
	for _, want := range []string{"504A77", "aes-kw", "pkcs11:object=transport", "key.hex, 24 bytes, SHA-256 ", "derives card keys and nothing else"} {
		if !strings.Contains(plan.String(), want) || !strings.Contains(transcript.String(), want) {
			t.Errorf("plan and transcript do not tell %q", want)
		}
	}
	sameKey(t, ring, ref)

	// Under an RSA pair of the token.
	_, pub, err := ring.Generate(ctx, hsm.KeySpec{Label: "pair", RSABits: 2048, Transport: true})
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, pub.(*rsa.PublicKey), testKey(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s = wrappedCeremony(t, wrapped, "504a77", "  method: rsa-oaep\n  hash: SHA-1\n  under: pkcs11:object=pair\n")
	s.Label = "cards-rsa"
	if p, err = s.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	if ref, err = p.Run(ctx, ring, nil); err != nil {
		t.Fatal(err)
	}
	sameKey(t, ring, ref)
	// Another check value: the key does not stay.
	s = wrappedCeremony(t, wrapped, "504a78", "  method: rsa-oaep\n  hash: SHA-1\n  under: pkcs11:object=pair\n")
	s.Label = "another"
	if p, err = s.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	if _, err = p.Run(ctx, ring, nil); !errors.Is(err, hsm.ErrKeyMismatch) {
		t.Errorf("another check value: %v", err)
	}
	// A mechanism that SoftHSM2 lacks is named.
	s = wrappedCeremony(t, make([]byte, 16), "504a77", "  method: aes-cbc\n  iv: \""+strings.Repeat("00", 16)+"\"\n  under: pkcs11:object=transport\n")
	s.Label = "cbc"
	if p, err = s.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	if _, err = p.Run(ctx, ring, nil); !errors.Is(err, hsm.ErrMechanism) || !strings.Contains(err.Error(), "CKM_AES_CBC") {
		t.Errorf("a mechanism that is missing: %v", err)
	}
	if list, err := ring.List(ctx); err != nil || len(list) != 4 {
		t.Errorf("%d keys in the token, %v", len(list), err)
	}
}

// sameKey: the key derives what the test key derives.
func sameKey(t *testing.T, ring hsm.Keyring, ref hsm.KeyRef) {
	t.Helper()
	kdd := bytes.Repeat([]byte{7}, 10)
	cards, err := ring.CardKeys(context.Background(), ref, kdd)
	if err != nil {
		t.Fatal(err)
	}
	defer cards.Close()
	enc, _, _, err := cards.SessionKeys(context.Background(), make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	static, err := mac.CounterKDFFixed(testKey(), nil, append([]byte{0, 0, 0, 1, 0}, kdd...), 128)
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := mac.CounterKDF(static, 4, make([]byte, 16), 128); !bytes.Equal(enc, want) {
		t.Error("another key landed in the token")
	}
}

// validWrapped is a whole file of a wrapped key.
const validWrapped = "ceremony: x\nlabel: y\nbits: 128\nkcv: 504a77\nwrapped:\n  under: pkcs11:object=t\n  method: aes-kw\n  file: f.hex\n"

func TestWrappedRefused(t *testing.T) {
	if _, err := parse("f", []byte(validWrapped)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"components too": {"wrapped:", "components: [{custodian: A, kcv: \"010203\"}]\nwrapped:"}, "no method": {"aes-kw", "des"}, "no key": {"pkcs11:object=t", "\"pkcs11:\""},
		"no file": {"f.hex", "\"\""}, "a form": {"file:", "form: base64\n  file:"}, "an initial value": {"file:", "iv: \"00\"\n  file:"}, "a hash": {"file:", "hash: SHA-1\n  file:"},
		"no hash": {"aes-kw", "rsa-oaep"}, "no initial value": {"aes-kw", "aes-cbc"}, "another use": {"bits:", "use: digest\nbits:"}, "a PIN in the name": {"object=t", "object=t?pin-value=1234"},
	} {
		_, err := parse("f", []byte(strings.Replace(validWrapped, change[0], change[1], 1)))
		var in *cardprofile.InputError
		if !errors.As(err, &in) || strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The file itself.
	s := wrappedCeremony(t, make([]byte, 24), "504a77", "  method: aes-kw\n  under: pkcs11:object=t\n")
	if _, err := s.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"empty": "", "no hexadecimal": strings.Repeat("x", 48), "too short": strings.Repeat("00", 16), "too long": strings.Repeat("00", 2100), "odd": strings.Repeat("0", 47)} {
		if err := os.WriteFile(s.file("key.hex"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var in *cardprofile.InputError
		if _, err := s.Prepare(nil); !errors.As(err, &in) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Remove(s.file("key.hex")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prepare(nil); err == nil {
		t.Error("no file, and a plan")
	}
}

// FuzzComponentFile: what a custodian gives is taken only with its check value, and no error repeats it.
func FuzzComponentFile(f *testing.F) {
	s, err := parse("f", []byte(valid))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("404142434445464748494a4b4c4d4e4f\n"))
	f.Add([]byte("40 41 42 43\t44 45 46 47\r\n48 49 4A 4B 4C 4D 4E 4F"))
	f.Add([]byte("4041"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p := &Plan{Spec: s}
		part, err := p.accept(Component{Custodian: "A", KCV: "504a77"}, bytes.Clone(text))
		if err == nil {
			if v, err := kcv(KCVOnes, part); err != nil || hex.EncodeToString(v) != "504a77" {
				t.Errorf("%x taken with another check value", part)
			}
			return
		}
		if len(text) >= 16 && strings.Contains(err.Error(), string(text)) {
			t.Errorf("%v repeats what was given", err)
		}
	})
}

func FuzzWrappedKeyFile(f *testing.F) {
	f.Add([]byte("00112233\n 44 55"), "hex", "aes-kw", 128)
	f.Add(bytes.Repeat([]byte("00"), 24), "", "aes-kw", 128)
	f.Add(make([]byte, 256), "binary", "rsa-oaep", 256)
	f.Add(make([]byte, 32), "binary", "aes-cbc-pad", 128)
	f.Fuzz(func(t *testing.T, text []byte, form, method string, bits int) {
		b, err := decodeWrapped(text, form)
		if err != nil {
			return
		}
		if len(b) > len(text) {
			t.Error("more bytes than text")
		}
		w := hsm.WrappedKey{Under: "pkcs11:object=t", Method: hsm.WrapMethod(method), Bytes: b, KCVMethod: hsm.KCVOnes, KCV: []byte{1, 2, 3}}
		if err := w.Check(hsm.SecretSpec{Label: "x", Use: hsm.UseCardMaster, Bits: bits}); err == nil && len(b) < bits/8 {
			t.Errorf("%d bytes are a key of %d bits", len(b), bits)
		}
	})
}
