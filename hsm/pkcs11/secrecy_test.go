//go:build cgo

package pkcs11

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/cardkey"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// No key value can be read, wrapped, copied or made readable, by raw calls to the module.
func TestKeysDoNotLeave(t *testing.T) {
	f, cfg := withFaults(t)
	k := openTest(t, cfg)
	ecKey(t, k, "ec")
	if _, _, err := k.Generate(bg, hsm.KeySpec{Label: "rsa", RSABits: 2048}); err != nil {
		t.Fatal(err)
	}
	master, err := k.GenerateSecret(bg, hsm.SecretSpec{Label: "master", Use: hsm.UseCardMaster, Bits: 256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.GenerateSecret(bg, hsm.SecretSpec{Label: "digest", Use: hsm.UseDigest, Bits: 256}); err != nil {
		t.Fatal(err)
	}
	c, err := k.CardKeys(bg, master, make([]byte, 10))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.NewKeys(bg, master); err != nil {
		t.Fatal(err)
	}
	api := f.cryptoki
	seen := 0
	err = k.with(bg, "look", false, func(s *session) error {
		wrapping, err := api.GenerateKey(s.h, []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_KEY_GEN, nil)}, []*p11.Attribute{p11.NewAttribute(p11.CKA_VALUE_LEN, 32), p11.NewAttribute(p11.CKA_WRAP, true), p11.NewAttribute(p11.CKA_LABEL, "thief")})
		if err != nil {
			return err
		}
		for _, class := range []uint{p11.CKO_PRIVATE_KEY, p11.CKO_SECRET_KEY} {
			found, err := s.find(p11.NewAttribute(p11.CKA_CLASS, class))
			if err != nil {
				return err
			}
			for _, o := range found {
				label, _, _ := s.attribute(o, p11.CKA_LABEL)
				if string(label) == "thief" {
					continue
				}
				seen++
				for _, a := range []uint{p11.CKA_VALUE, p11.CKA_PRIVATE_EXPONENT, p11.CKA_PRIME_1, p11.CKA_PRIME_2, p11.CKA_EXPONENT_1, p11.CKA_COEFFICIENT} {
					if got, err := api.GetAttributeValue(s.h, o, []*p11.Attribute{p11.NewAttribute(a, nil)}); err == nil && len(got) == 1 && len(got[0].Value) > 0 {
						t.Errorf("%s: attribute 0x%x can be read", label, a)
					}
				}
				replacement := strings.HasPrefix(string(label), "card-") && extractable(s, o)
				_, err := api.WrapKey(s.h, []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_KEY_WRAP_PAD, nil)}, wrapping, o)
				if e, _ := code(err); !replacement && e != p11.CKR_KEY_UNEXTRACTABLE {
					t.Errorf("%s: wrapping answers %v", label, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// ec, rsa, master, digest, three static keys, three replacements; the subkey object is gone already.
	if seen != 10 {
		t.Errorf("%d keys in the token, want 10", seen)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	_ = k.with(bg, "look", false, func(s *session) error {
		left, err := s.find(p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_TOKEN, false))
		for _, o := range left {
			if label, _, _ := s.attribute(o, p11.CKA_LABEL); string(label) != "thief" {
				t.Errorf("session object %q outlives Close", label)
			}
		}
		return err
	})
}

func extractable(s *session, o p11.ObjectHandle) bool {
	v, _ := s.flag(o, p11.CKA_EXTRACTABLE)
	return v
}

// OpenSC's own tool says of each key that it never was extractable.
func TestPKCS11ToolSaysNeverExtractable(t *testing.T) {
	tool, err := exec.LookPath("pkcs11-tool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pkcs11-tool is missing; apt-get install opensc")
		}
		t.Skip("pkcs11-tool is missing; apt-get install opensc")
	}
	_, cfg := withFaults(t)
	k := openTest(t, cfg)
	ecKey(t, k, "ec key")
	for _, spec := range []hsm.KeySpec{{Label: "bp key", Curve: "brainpoolP256r1"}, {Label: "rsa key", RSABits: 2048}} {
		if _, _, err := k.Generate(bg, spec); err != nil {
			t.Fatal(err)
		}
	}
	for _, spec := range []hsm.SecretSpec{{Label: "master key", Use: hsm.UseCardMaster, Bits: 256}, {Label: "digest key", Use: hsm.UseDigest, Bits: 256}} {
		if _, err := k.GenerateSecret(bg, spec); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(tool, "--module", cfg.Module, "--token-label", testLabel, "--login", "--pin", "env:TEST_PIN", "--list-objects")
	cmd.Env = append(os.Environ(), "TEST_PIN="+testPIN)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	secret := 0
	for _, object := range strings.Split("\n"+string(out), "\nP")[1:] {
		if strings.HasPrefix(object, "rivate Key Object") {
			secret++
			if !strings.Contains(object, "never extractable") || !strings.Contains(object, "always sensitive") || !strings.Contains(object, "Usage:      sign\n") {
				t.Errorf("pkcs11-tool says: P%s", object)
			}
		}
	}
	for _, object := range strings.Split("\n"+string(out), "\nSecret Key Object")[1:] {
		secret++
		object, _, _ = strings.Cut(object, "\nP")
		if !strings.Contains(object, "never extractable") || !strings.Contains(object, "always sensitive") {
			t.Errorf("pkcs11-tool says: Secret Key Object%s", object)
		}
	}
	if secret != 5 {
		t.Errorf("pkcs11-tool lists %d of 5 keys:\n%s", secret, out)
	}
}

// session keys and wrapping, in the token, against published numbers. The published static keys are put into the token for it.
func TestSCP03InToken(t *testing.T) {
	_, cfg := withFaults(t)
	k := openTest(t, cfg)
	var kdf struct {
		Vectors []struct {
			Name         string
			Key, Context vectors.Hex
			Constant     byte
			Out          vectors.Hex
		}
	}
	vectors.Load(t, "scp03_kdf.json", &kdf)
	var dgis struct {
		Cases []struct {
			Name     string
			DEK      vectors.Hex
			Keys     []vectors.Hex
			KeyIDs   vectors.Hex `json:"key_ids"`
			Expected vectors.Hex
		}
	}
	vectors.Load(t, "gp_key_dgis.json", &dgis)
	if len(kdf.Vectors) < 10 || len(dgis.Cases) < 2 {
		t.Fatalf("%d and %d vectors", len(kdf.Vectors), len(dgis.Cases))
	}
	err := k.with(bg, "compare", false, func(s *session) error {
		put := func(value []byte, attributes map[uint]bool) (p11.ObjectHandle, error) {
			return s.api.CreateObject(s.h, append(toSet(attributes), p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_KEY_TYPE, p11.CKK_AES), p11.NewAttribute(p11.CKA_VALUE, value)))
		}
		static, fresh := &family{}, &family{replacement: true}
		compared := 0
		for _, v := range kdf.Vectors {
			// The vectors go on to longer outputs than their keys; a session key is as long as its static key.
			if len(v.Out) != len(v.Key) {
				continue
			}
			o, err := put(v.Key, static.attributes(cardkey.MAC))
			if err != nil {
				return fmt.Errorf("%s: %w", v.Name, err)
			}
			got, err := s.sessionKey(o, v.Constant, v.Context, len(v.Out))
			if err != nil {
				return fmt.Errorf("%s: %w", v.Name, err)
			}
			compared++
			if !bytes.Equal(got, v.Out) {
				t.Errorf("%s: got %x", v.Name, got)
			}
		}
		if compared < 5 {
			t.Errorf("only %d session keys were compared", compared)
		}
		for _, c := range dgis.Cases {
			if len(c.DEK) == 24 {
				continue
			}
			dek, err := put(c.DEK, static.attributes(cardkey.DEK))
			if err != nil {
				return err
			}
			for _, key := range c.Keys {
				o, err := put(key, fresh.attributes(cardkey.ENC))
				if err != nil {
					return err
				}
				wrapped, err := s.api.WrapKey(s.h, []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_CBC, make([]byte, 16))}, dek, o)
				if err != nil {
					return fmt.Errorf("%s: %w", c.Name, err)
				}
				block, err := s.encrypt(p11.NewMechanism(p11.CKM_AES_ECB, nil), o, bytes.Repeat([]byte{1}, 16))
				if err != nil {
					return err
				}
				want := hex.EncodeToString(c.Expected)
				if !strings.Contains(want, hex.EncodeToString(wrapped)) || !strings.Contains(want, "8403"+hex.EncodeToString(block[:3])) {
					t.Errorf("%s: wrapped key or its check value is not in the published data groups", c.Name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
